import { startKafka } from '../test/support/kafka/kafka.js'

/** `npm run kafka:dev [-- port]`: a real broker on the loopback address until Ctrl-C. Its data is thrown away. */
const started = Date.now()
const kafka = await startKafka({ port: Number(process.argv[2] ?? 9092) })
console.log(
  `Kafka on ${kafka.bootstrap.join(',')} after ${((Date.now() - started) / 1000).toFixed(1)} s; Ctrl-C ends it`,
)
await new Promise(resolve => {
  process.on('SIGINT', resolve)
  process.on('SIGTERM', resolve)
  // An open handle: waiting for a signal alone does not keep the process.
  setInterval(() => undefined, 60_000)
})
await kafka.stop()
process.exit(0)
