import { z } from 'zod'
import { decodeUtf8 } from '../adapters/files/utf8.js'
import { readLines, type ReadLinesOptions } from '../adapters/files/lines.js'
import type { Rejects } from '../adapters/files/rejects.js'
import type { Line } from '../adapters/files/splitter.js'
import type { FileWriter } from '../adapters/files/writer.js'
import { ConversationType } from '../domain/conversation.js'
import { SteerflowError } from '../domain/errors.js'
import { parseJson } from '../domain/json/json.js'
import { redump } from '../domain/json/redump.js'
import type { Masker } from '../stages/needs.js'

const turn = { value: z.string(), from: z.string() }
const record = { system: z.string(), mask: z.string() }

/** A line whose mask can be computed. A missing field counts as null; without a type, labels are ignored. */
const Maskable = z.union([
  z.object({
    ...record,
    type: ConversationType,
    conversations: z.array(z.object({ ...turn, label: z.string().nullish() })),
  }),
  z.object({
    ...record,
    type: z
      .null()
      .optional()
      .transform(() => null),
    conversations: z.array(z.object(turn)),
  }),
])

/** Outcome of a line: kept as this text, removed (`exception`: it has no mask), or rejected as unreadable. */
type LineDecision =
  | { readonly kind: 'kept'; readonly text: string }
  | { readonly kind: 'removed'; readonly exception: boolean; readonly rule?: string }
  | { readonly kind: 'rejected'; readonly error: SteerflowError }

export interface CleanFileOptions extends ReadLinesOptions {
  readonly input: string
  readonly output: FileWriter
  readonly rejects: Rejects
  readonly masker: Masker
  /** Index of the last token that the trainer reads. */
  readonly seqLen: number
  /** Stop at the first rejected line. */
  readonly strict: boolean
  /** Prints the lines of the original: the index of every thousandth line, and the removed lines. */
  readonly say: (line: string) => void | Promise<void>
}

export interface CleanFileCounts {
  readonly kept: number
  readonly removed: number
  /** Removed lines that violate a rule of the trainer's loader, and the first of them. */
  readonly unmaskable: number
  readonly first: { readonly line: number; readonly rule: string } | null
}

/** Lines in flight: enough to keep every thread busy, few enough for long lines to fit in memory. */
const window = { lines: 1024, bytes: 8 * 2 ** 20 }

/**
 * Copies the lines with a learnt token within the sequence length (docs/reference/original-scripts.md#cleaning), in their
 * order and in the spelling of Python's JSON writer. Lines that would stop the original before it writes anything go to
 * `rejects`.
 * @throws the line's error if `strict`; STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_INPUT_TORN, STEERFLOW_STORAGE.
 */
export async function cleanFile(options: CleanFileOptions): Promise<CleanFileCounts> {
  const { input, output, rejects, masker, seqLen, strict, say } = options
  const counts = { kept: 0, removed: 0, unmaskable: 0, first: null as CleanFileCounts['first'] }
  const underWay: { readonly number: number; readonly bytes: number; readonly verdict: Promise<LineDecision> }[] = []
  let bytes = 0

  const settleOldest = async () => {
    const line = underWay.shift()
    if (!line) return
    const verdict = await line.verdict
    bytes -= line.bytes
    const index = line.number - 1
    if (index % 1000 === 0) await say(`${index}`)
    if (verdict.kind === 'kept') {
      counts.kept += 1
      await output.write(`${verdict.text}\n`)
    } else if (verdict.kind === 'removed') {
      counts.removed += 1
      if (verdict.rule !== undefined) {
        counts.unmaskable += 1
        counts.first ??= { line: line.number, rule: verdict.rule }
      }
      await say(`${verdict.exception ? 'Exception removed' : 'removed'} ${index}`)
    } else if (strict) {
      throw new SteerflowError(verdict.error.code, `line ${line.number}`, { cause: verdict.error })
    } else {
      await rejects.add(line.number, verdict.error)
    }
  }

  for await (const lines of readLines(input, options)) {
    for (const line of lines) {
      const verdict = judge(line, masker, seqLen)
      // `settleOldest` awaits the verdict later; until then, a rejection must not count as unhandled.
      verdict.catch(() => undefined)
      const size = line.kind === 'line' ? line.bytes.length : 0
      bytes += size
      underWay.push({ number: line.number, bytes: size, verdict })
      while (underWay.length >= window.lines || bytes > window.bytes) await settleOldest()
    }
  }
  while (underWay.length > 0) await settleOldest()
  return counts
}

async function judge(line: Line, masker: Masker, seqLen: number): Promise<LineDecision> {
  let understood: { readonly text: string; readonly value: unknown }
  try {
    understood = read(line)
  } catch (thrown) {
    if (thrown instanceof SteerflowError && thrown.kind === 'permanent') return { kind: 'rejected', error: thrown }
    throw thrown
  }
  const maskable = Maskable.safeParse(understood.value)
  if (!maskable.success) return { kind: 'removed', exception: true }
  try {
    const first = await masker.firstLearnt(maskable.data)
    if (first === null) return { kind: 'removed', exception: true }
    return first > seqLen ? { kind: 'removed', exception: false } : { kind: 'kept', text: understood.text }
  } catch (thrown) {
    if (!(thrown instanceof SteerflowError) || thrown.kind !== 'permanent') throw thrown
    return { kind: 'removed', exception: true, rule: thrown.message }
  }
}

/** The line's value, and its text in the output. */
function read(line: Line): { readonly text: string; readonly value: unknown } {
  if (line.kind === 'too-long') {
    throw new SteerflowError('STEERFLOW_INPUT_LINE_TOO_LONG', `${line.length} bytes, sha256 ${line.sha256}`)
  }
  const json = decodeUtf8(line.bytes)
  const value = parseJson(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SteerflowError('STEERFLOW_INPUT_FORMAT', 'the line is not a JSON object')
  }
  return { text: redump(json), value }
}
