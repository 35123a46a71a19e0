import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { openKafkaLog } from '../../src/adapters/log/kafka/log.js'
import { schemaIdOf } from '../../src/adapters/registry/framed-wire.js'
import { readAll } from '../../src/runtime/read-all.js'
import { runCli } from '../support/cli.js'
import { describeWith } from '../support/parts/describe-with.js'
import { startRegistry } from '../support/registry/registry.js'
import { temporaryFolder } from '../support/temporary.js'
import { unscoredClean } from '../../src/topics.js'
import { namesTo } from '../support/way.js'

const describeRegistry = await describeWith('kafka', 'registry')

describeRegistry('the pipeline on a broker with a registry', () => {
  it('writes frames of registered schemas, and dead-letters what names an unknown one with all its bytes', async () => {
    const registry = await startRegistry()
    try {
      const dir = await temporaryFolder()
      const kafka = { brokers: inject('kafka').bootstrap, namespace: `r${randomUUID().slice(0, 8)}` }
      const flags = [
        '--data-dir',
        dir,
        '--set',
        `log=${JSON.stringify({ kafka })}`,
        '--set',
        `registry.url=${registry.url}`,
      ]
      const ok = async (...argv: readonly string[]) => {
        const ended = await runCli([...argv, ...flags])
        expect(ended, ended.stderr).toMatchObject({ code: 0 })
        return ended.stdout
      }
      await ok('schemas', 'register')
      await ok('schemas', 'check')
      await ok('topics', 'apply')
      const trees = (await readFile('examples/data/oasst1_en_val.trees.jsonl', 'utf8')).split('\n').slice(0, 5)
      await writeFile(join(dir, 'few.jsonl'), `${trees.join('\n')}\n`)
      await ok('ingest', join(dir, 'few.jsonl'))

      // As any producer would write it that knows of a schema which nobody has registered.
      const log = await openKafkaLog(kafka)
      const foreign = Buffer.concat([Buffer.from([0, 0x7f, 0xff, 0xff, 0x0f]), Buffer.from('{"any":"thing"}')])
      await log.publish([{ topic: 'conversations.raw', key: Buffer.from('k'), value: foreign }])
      await ok('run', '--until-idle', '--nodes', namesTo(unscoredClean))

      const values: Buffer[] = []
      for await (const { value } of readAll(log, 'conversations.unscored-clean')) values.push(value)
      expect(values.length).toBeGreaterThan(5)
      const subject = `${kafka.namespace}.conversations.unscored-clean-value`
      const { id } = (await (await fetch(`${registry.url}/subjects/${subject}/versions/latest`)).json()) as {
        id: number
      }
      for (const value of values) expect(schemaIdOf(value)).toBe(id)

      const letters: { code: string | undefined; value: Buffer }[] = []
      for await (const { headers, value } of readAll(log, 'dead-letters')) letters.push({ code: headers.code, value })
      expect(letters).toEqual([{ code: 'STEERFLOW_SCHEMA_UNKNOWN', value: foreign }])
      await log.close()
      expect(await ok('tap', 'conversations.unscored-clean', '--values', '--limit', '1')).toMatch(
        /^\{"conversations": /,
      )
    } finally {
      await registry.stop()
    }
  })
})
