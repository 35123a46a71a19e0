import { openSource, type SourceOptions } from '../../adapters/source/open-source.js'
import { attributeSet } from '../../domain/attributes.js'
import { type Conversation, Raw } from '../../domain/conversation.js'
import { explain, SteerflowError } from '../../domain/errors.js'
import { recognised, sourceFormats } from '../../domain/formats/index.js'
import { preprocess } from '../../stages/preprocess.js'
import { portsOf } from '../../stages/stage.js'
import { raw } from '../../topics.js'
import { attributeSetsOf } from '../attribute-sets.js'
import type { Config } from '../config.js'
import { nodeOptions } from '../node-options.js'

/** What would be read of a source. */
export interface Preview {
  readonly name: string
  readonly records: number
  readonly conversations: number
  readonly rejected: number
  /** Readable records by format. */
  readonly formats: Readonly<Record<string, number>>
  /** Rejected records and turns left out, by reason. */
  readonly refused: Readonly<Record<string, number>>
  /** The first records as they would be read. */
  readonly first: readonly {
    readonly record: number
    readonly format: string
    readonly turns: readonly { readonly from: string; readonly begins: string }[]
  }[]
  /** Why the rest of the source cannot be read. */
  readonly damage: SteerflowError | null
}

/** Where a record of a preview would be: no stage depends on it. */
const place = { topic: raw.name, partition: 0, offset: 0n, timestamp: 0, signal: new AbortController().signal }
const shownRecords = 3
const shownTurns = 6
const shownCharacters = 60
/** Different reasons that are counted; a reason may quote a record. */
const mostReasons = 20

/**
 * Reads a source to its end, as ingest and preprocess do, and writes nothing. What clean leaves out later is not known here.
 * @throws STEERFLOW_INPUT_NOT_FOUND; STEERFLOW_USAGE for an input without readable records
 */
export async function preview(config: Config, input: string, options: SourceOptions): Promise<Preview> {
  const node = config.flow.nodes.find(({ stage }) => stage.name === preprocess.name)
  const known = options.formats ?? sourceFormats
  const step = preprocess.create({
    options: preprocess.options.parse(node ? nodeOptions(config, node) : {}),
    needs: { formats: known, attributeSets: { set: name => attributeSet(name, attributeSetsOf(config)) } },
    to: portsOf(preprocess.ports),
  })
  const source = await openSource(input, options)
  const formats: Record<string, number> = {}
  const refused: Record<string, number> = {}
  const first: Preview['first'][number][] = []
  const count = { records: 0, conversations: 0, rejected: 0 }
  let damage: SteerflowError | null = null
  const refuse = (reason: string): void => {
    const known = reason in refused || Object.keys(refused).length < mostReasons ? reason : 'other reasons'
    refused[known] = (refused[known] ?? 0) + 1
  }
  const read = async (raw: Raw): Promise<readonly Conversation[]> => {
    const { format } = recognised(raw, known)
    const emitted = [await step(raw, place)].flat()
    for (const one of emitted) if (one.to === 'dropped') refuse(`left out: ${one.value.reason}`)
    formats[format.name] = (formats[format.name] ?? 0) + 1
    const [unscored, labelled] = (['unscored', 'labelled'] as const).map(port =>
      emitted.flatMap(one => (one.to === port ? [one.value] : [])),
    )
    return unscored!.length > 0 ? unscored! : labelled!
  }
  try {
    for await (const item of source.items()) {
      count.records++
      try {
        if (item.kind === 'reject') throw new SteerflowError(item.code, item.reason)
        const raw = Raw.parse(JSON.parse(String(item.value)))
        const found = await read(raw)
        count.conversations += found.length
        if (first.length < shownRecords && found[0])
          first.push({ record: item.position + 1, format: raw.format ?? '', turns: found[0].conversations.map(begin) })
      } catch (error) {
        count.rejected++
        refuse(explain(error))
      }
    }
  } catch (error) {
    if (!(error instanceof SteerflowError) || error.code !== 'STEERFLOW_INPUT_TORN') throw error
    damage = error
  } finally {
    await source.close()
  }
  return { name: source.name, ...count, formats, refused, first, damage }
}

const begin = ({ from, value }: { readonly from: string; readonly value: string }) => {
  const text = value.replace(/\s+/g, ' ').trim()
  return { from, begins: text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text }
}

/** A preview as lines for people. */
export function previewText({ name, records, conversations, rejected, formats, refused, first }: Preview): string {
  const lines = [`${name}: ${records} records, ${conversations} conversations, ${rejected} rejected`]
  for (const [format, number] of Object.entries(formats)) lines.push(`  format ${format}: ${number}`)
  for (const [reason, number] of Object.entries(refused)) lines.push(`  ${number} × ${reason}`)
  for (const { record, format, turns } of first) {
    lines.push(`  record ${record} (${format}), ${turns.length} turns:`)
    for (const { from, begins } of turns.slice(0, shownTurns)) lines.push(`    ${from}: ${begins}`)
    if (turns.length > shownTurns) lines.push(`    and ${turns.length - shownTurns} more`)
  }
  return `${lines.join('\n')}\n`
}
