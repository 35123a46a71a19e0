import { describe, expect, it } from 'vitest'
import { committedWire } from '../../../src/adapters/registry/committed-index.js'
import { framed, frameOf, schemaIdOf } from '../../../src/adapters/registry/framed-wire.js'
import { openSchemaIndex } from '../../../src/adapters/registry/schema-index.js'
import type { Wire } from '../../../src/runtime/wire.js'
import { deadLetters, raw, scored, topics, unscored } from '../../../src/topics.js'
import { nextIndex, thisIndex } from './next-version.js'

const json = Buffer.from('{"a":1}')
const idIn = (index: typeof thisIndex, topic: string, version: number): number =>
  index.versions(topic).find(entry => entry.version === version)!.id

/** What became of a value: the payload, or the code. */
async function read(wire: Wire, topic: string, value: Buffer): Promise<unknown> {
  try {
    return await wire.unframe(topic, value)
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('a wire with the committed ids', () => {
  const wire = committedWire(openSchemaIndex(), 'latest')

  it.each(topics.map(({ name }) => [name] as const))(
    'frames and reads what is written to %s, without waiting',
    name => {
      const value = wire.frame(name, json)
      expect(schemaIdOf(value)).toBe(openSchemaIndex().versions(name).at(-1)!.id)
      expect(wire.unframe(name, value)).toEqual(json)
    },
  )

  it.each([
    ['a dead letter as it is', deadLetters.name, Buffer.from([0, 1]), Buffer.from([0, 1])],
    ['plain JSON of any producer where sources come in', raw.name, json, json],
    ['no plain JSON elsewhere', scored.name, json, 'STEERFLOW_SCHEMA_UNKNOWN'],
    ['nothing that is neither framed nor an object', raw.name, Buffer.from('[1]'), 'STEERFLOW_SCHEMA_UNKNOWN'],
    ['nothing empty', scored.name, Buffer.alloc(0), 'STEERFLOW_SCHEMA_UNKNOWN'],
    ['no id that is not committed', scored.name, framed(frameOf(1), json), 'STEERFLOW_SCHEMA_UNKNOWN'],
    ['no schema of another topic', scored.name, wire.frame(raw.name, json), 'STEERFLOW_SCHEMA_INCOMPATIBLE'],
    ['the schema that two topics share', scored.name, wire.frame(unscored.name, json), json],
  ])('takes %s', async (_, topic, value, expected) => {
    expect(await read(wire, topic, value)).toEqual(expected)
  })

  it('does not change a dead letter on its way out', () => {
    expect(wire.frame(deadLetters.name, json)).toBe(json)
  })
})

describe('versions beside each other', () => {
  it('reads every committed version and writes the latest', () => {
    const wire = committedWire(nextIndex, 'latest')
    const old = framed(frameOf(idIn(nextIndex, scored.name, 1)), json)
    expect(wire.unframe(scored.name, old)).toEqual(json)
    expect(schemaIdOf(wire.frame(scored.name, json))).toBe(idIn(nextIndex, scored.name, 2))
  })

  it('writes the version that is pinned, which an older program reads', () => {
    const pinned = committedWire(nextIndex, { [scored.name]: 1 })
    const older = committedWire(thisIndex, 'latest')
    expect(older.unframe(scored.name, pinned.frame(scored.name, json))).toEqual(json)
    expect(schemaIdOf(pinned.frame(unscored.name, json))).toBe(idIn(nextIndex, unscored.name, 2))
  })

  it('is unknown to an older program where it is not pinned', async () => {
    const value = committedWire(nextIndex, 'latest').frame(scored.name, json)
    expect(await read(committedWire(thisIndex, 'latest'), scored.name, value)).toBe('STEERFLOW_SCHEMA_UNKNOWN')
  })

  it('refuses to pin a version that does not exist', () => {
    expect(() => committedWire(nextIndex, { [scored.name]: 3 })).toThrow(/records\.writeVersion.*versions 1, 2/)
  })
})
