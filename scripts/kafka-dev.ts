import { startKafka } from '../test/support/kafka/kafka.js'
import { scriptArguments, wrongArguments } from './script-arguments.js'

const help = `Usage: npm run kafka:dev -- [PORT]

Runs a real broker on the loopback address, port 9092 where none is named, until Ctrl-C. Its data is thrown away.

Exit code: 0 when it was ended, 1 when it does not start, 2 for a wrong command line.
`
const [port = '9092', ...more] = scriptArguments(help, { allowPositionals: true }).positionals
if (!/^\d{1,5}$/.test(port) || more.length > 0) wrongArguments('name one port', help)
const started = Date.now()
const kafka = await startKafka({ port: Number(port) })
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
