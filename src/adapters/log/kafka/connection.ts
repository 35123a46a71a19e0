import { type Kafka as KafkaClient } from 'kafkajs'
import { Kafka, logLevel } from './kafkajs.js'
import { type KafkaSettings } from './settings.js'

export const connect = (settings: KafkaSettings): KafkaClient =>
  new Kafka({
    brokers: settings.brokers,
    clientId: settings.clientId,
    connectionTimeout: 5000,
    requestTimeout: settings.requestTimeoutMs,
    retry: { initialRetryTime: 20, maxRetryTime: 500, retries: 8 },
    logLevel: process.env.KAFKA_DEBUG ? logLevel.INFO : logLevel.NOTHING,
  })
