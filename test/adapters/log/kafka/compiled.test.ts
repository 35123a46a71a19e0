import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

// The test runner finds names in CommonJS packages that Node does not, so that this must be tried with Node itself.
test('the compiled connection and codecs load, every codec works, and a worker is named unless it is told its name', () => {
  const script = `
    import { registerCodecs, lazyCodec } from './dist/adapters/log/kafka/codecs.js'
    import { kafkaConfig, producerDefaults } from './dist/adapters/log/kafka/connection.js'
    import { KafkaSettings } from './dist/adapters/log/kafka/settings.js'
    registerCodecs()
    import { thisWorker } from './dist/adapters/processes/worker.js'
    const named = options => kafkaConfig(KafkaSettings.parse({ brokers: ['a:1'], ...options }), () => undefined).clientId
    const names = [named({}) === thisWorker().worker, named({ clientId: 'quota-7' })]
    const before = process.report.getReport().sharedObjects.filter(path => /snappy|lz4/.test(path))
    for (const name of ['snappy', 'lz4', 'zstd']) {
      const codec = lazyCodec(name)
      console.log(name, String(await codec.decompress(await codec.compress(Buffer.from('hello')))))
    }
    const after = process.report.getReport().sharedObjects.filter(path => /snappy|lz4/.test(path))
    console.log(before.length, after.length, typeof producerDefaults.createPartitioner, ...names)
  `
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  expect(printed.trim().split('\n')).toEqual(['snappy hello', 'lz4 hello', 'zstd hello', '0 2 function true quota-7'])
})
