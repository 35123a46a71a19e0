import kafkajs from 'kafkajs'

/** kafkajs is CommonJS: with named imports Node finds only some of its names. */
export const {
  AssignerProtocol,
  CompressionCodecs,
  CompressionTypes,
  ConfigResourceTypes,
  Kafka,
  Partitioners,
  logLevel,
} = kafkajs
