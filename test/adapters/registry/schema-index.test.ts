import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { extendIndex } from '../../../scripts/schema-index.js'
import { checkFiles } from '../../../src/adapters/registry/check-files.js'
import { firstCommittedId, openSchemaIndex, type SchemaEntry } from '../../../src/adapters/registry/schema-index.js'
import { sha256 } from '../../../src/domain/digest.js'
import { topics } from '../../../src/topics.js'

const index = openSchemaIndex()
const entries = index.topics.flatMap(topic => index.versions(topic))

describe('the committed index', () => {
  it('has every topic with a schema', () => {
    expect(new Set(index.topics)).toEqual(new Set(topics.map(({ name }) => name)))
  })

  it.each(index.topics)('counts the versions of %s from 1', topic => {
    const versions = index.versions(topic).map(({ version }) => version)
    expect(versions).toEqual(versions.map((_, at) => at + 1))
  })

  it('has one id for each text and one text for each id', () => {
    const digests = new Map(entries.map(({ id, digest }) => [id, digest]))
    expect(entries.filter(({ id, digest }) => digests.get(id) !== digest)).toEqual([])
    expect(new Set(digests.values()).size).toBe(digests.size)
    expect(Math.min(...digests.keys())).toBe(firstCommittedId)
  })

  it('has the files that were committed, the last of which is the present schema', () => {
    expect(checkFiles(index).filter(({ state }) => state !== 'as committed')).toEqual([])
    for (const topic of topics) {
      const last = index.text(index.versions(topic.name).at(-1)!)
      const { title } = JSON.parse(last) as { title: string }
      const file = title.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
      expect(readFileSync(`schemas/${file}.json`, 'utf8')).toBe(last)
    }
  })
})

describe('regenerating', () => {
  const state = fc.array(
    fc.record({
      topic: fc.constantFrom('a', 'b', 'c'),
      name: fc.constantFrom('x', 'y'),
      text: fc.constantFrom('1', '2', '3'),
    }),
    { maxLength: 3 },
  )

  it('keeps what is there, appends what changed, and changes nothing when nothing did', () => {
    fc.assert(
      fc.property(fc.array(state, { maxLength: 5 }), states => {
        let before: readonly SchemaEntry[] = []
        for (const current of states) {
          const after = extendIndex(before, current)
          expect(after.slice(0, before.length)).toEqual(before)
          const texts = new Map(after.map(({ file, digest }) => [file, digest]))
          expect(after.filter(({ file, digest }) => texts.get(file) !== digest)).toEqual([])
          const [last] = current.slice(-1)
          if (last)
            expect(after.findLast(({ subject }) => subject === `${last.topic}-value`)!.digest).toBe(sha256(last.text))
          before = after
        }
        const settled = [...new Map((states.at(-1) ?? []).map(one => [one.topic, one])).values()]
        expect(extendIndex(before, settled)).toEqual(before)
      }),
    )
  })
})

describe('the files of an index', () => {
  it.each([
    ['a file that was edited', (file: string) => writeFileSync(file, '{}'), 'changed'],
    ['a file that is gone', (file: string) => rmSync(file), 'no file'],
  ])('tell %s', (_, harm, state) => {
    const folder = mkdtempSync(join(tmpdir(), 'steerflow-schemas-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const entry = { id: 1, subject: 'a-value', version: 1, file: 'a.1.json', digest: sha256('{"a":1}') }
    writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemas: [entry] }))
    writeFileSync(join(folder, entry.file), '{"a":1}')
    const opened = openSchemaIndex(pathToFileURL(`${folder}/`))
    expect(checkFiles(opened)).toMatchObject([{ state: 'as committed' }])
    harm(join(folder, entry.file))
    expect(checkFiles(opened)).toMatchObject([{ state }])
  })
})
