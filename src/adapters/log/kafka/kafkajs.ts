import kafkajs from 'kafkajs'

/** kafkajs is CommonJS: Node finds only some of its names when they are imported one by one. */
export const {
  AssignerProtocol,
  CompressionCodecs,
  CompressionTypes,
  ConfigResourceTypes,
  Kafka,
  Partitioners,
  logLevel,
} = kafkajs
