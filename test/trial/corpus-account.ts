import type { Log } from '../../src/runtime/log.js'
import { readAll } from '../../src/runtime/read-all.js'
import { reader } from '../../src/stages/node.js'
import * as topics from '../../src/topics.js'

/** Source records and their turns that came to the same end. */
interface Ended {
  readonly end: string
  readonly records: number
  readonly turns: number
}

export interface CorpusAccount {
  readonly ends: readonly Ended[]
  /** Source records with no end, or with several. */
  readonly unclear: readonly string[]
}

/** The end of every source record that is in a log: scored, or left out, or refused, by the reason. */
export async function accountOf(log: Log): Promise<CorpusAccount> {
  const readRaw = reader(topics.raw)
  const readScored = reader(topics.scored)
  const readDropped = reader(topics.dropped)
  const turns = new Map<string, number>()
  const places = new Map<string, string>()
  for await (const { value, partition, offset } of readAll(log, topics.raw.name)) {
    const { source = '', line = 0, record } = readRaw(value)
    const { conversations } = record
    const name = `${source}:${line}`
    turns.set(name, Array.isArray(conversations) ? conversations.length : 0)
    places.set(`${partition}:${offset}`, name)
  }
  const ends = new Map<string, string[]>()
  const note = (name: string, end: string): void => void ends.set(name, [...(ends.get(name) ?? []), end])
  for await (const { value } of readAll(log, topics.scored.name)) {
    const { source, line } = readScored(value).steerflow.lineage
    note(`${source}:${line}`, 'scored')
  }
  for await (const { value } of readAll(log, topics.dropped.name)) {
    const { reason, conversation, part } = readDropped(value)
    const { source = '', line = 0 } = part ?? conversation?.steerflow.lineage ?? {}
    note(`${source}:${line}`, `left out: ${reason}`)
  }
  for await (const { value, headers } of readAll(log, topics.deadLetters.name)) {
    const end = `refused: ${headers.code}: ${(headers.cause ?? '').replaceAll(/\d+/g, 'N').slice(0, 100)}`
    const place = places.get(`${headers['origin-partition']}:${headers['origin-offset']}`)
    if (headers['origin-topic'] === topics.raw.name) note(place ?? '', end)
    else {
      const { source = '', line = 0 } = lineageIn(value)
      note(`${source}:${line}`, end)
    }
  }
  const sums = new Map<string, { records: number; turns: number }>()
  for (const [name, own] of ends) {
    const sum = sums.get(own[0]!) ?? { records: 0, turns: 0 }
    sums.set(own[0]!, { records: sum.records + 1, turns: sum.turns + (turns.get(name) ?? 0) })
  }
  return {
    ends: [...sums].map(([end, sum]) => ({ end, ...sum })).toSorted((a, b) => b.records - a.records),
    unclear: [
      ...[...turns.keys()].filter(name => !ends.has(name)).map(name => `${name}: no end`),
      ...[...ends].flatMap(([name, own]) => {
        if (!turns.has(name)) return [`${name}: ${own.join(', ')}, and no source record`]
        return own.length === 1 ? [] : [`${name}: ${own.join(', ')}`]
      }),
    ],
  }
}

function lineageIn(value: Buffer): { readonly source?: string; readonly line?: number } {
  try {
    const record = JSON.parse(value.toString()) as { steerflow?: { lineage?: { source: string; line: number } } }
    return record.steerflow?.lineage ?? {}
  } catch {
    return {}
  }
}
