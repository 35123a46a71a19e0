import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import { SteerflowError } from '../../domain/errors.js'
import { deepest, isDeeper } from '../../domain/json/json.js'
import { type LogRecord, type Offset, offset, readingOn } from '../../runtime/log.js'
import { exitCodes, type Session, type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { wholeNumber } from '../flags.js'
import { interrupts, signalCode } from '../run/interrupts.js'
import { isoOf } from '../render/time.js'
import { lookInWorkspace, type Workspace } from '../workspace.js'

interface TapFlags extends ConfigFlags {
  readonly from: string
  readonly limit?: number
  readonly follow?: true
  readonly values?: true
}

/** `tap TOPIC`: prints records without joining a consumer group. */
export const tap: Verb = (program, session) => {
  const command = program
    .command('tap')
    .description('Print the records of a topic, one JSON line each; safe beside a running pipeline.')
    .argument('<topic>')
    .option('--from <offset>', 'first offset, in every partition; `end` shows only new records', beginning, '0')
    .option('--limit <records>', 'end after this many records', wholeNumber(0))
    .option('--follow', 'wait for new records')
    .option('--values', 'print only the values, byte for byte')
    .addHelpText('after', '\nExample:\n  steerflow tap conversations.scored --values --limit 3\n')
  withConfig(command).action((topic: string, flags: TapFlags) =>
    lookInWorkspace(configOf(flags), workspace => printRecords(workspace, topic, flags, session)),
  )
}

/** An offset, or `end`. */
function beginning(text: string): string {
  if (text === 'end' || /^\d{1,18}$/.test(text)) return text
  throw new InvalidArgumentError('It must be an offset, or end.')
}

async function printRecords({ log }: Workspace, topic: string, flags: TapFlags, session: Session): Promise<void> {
  const states = await log.state(topic)
  if (states.length === 0) throw new SteerflowError('STEERFLOW_TOPIC_UNKNOWN', `there is no topic ${topic}`)
  const positions = new Map<number, Offset>()
  for (const { partition, start, end } of states) {
    positions.set(partition, flags.from === 'end' ? end : offset(flags.from === '0' ? start : flags.from))
  }
  let left = flags.limit ?? Infinity
  const stop = interrupts()
  try {
    while (left > 0 && !stop.signal.aborted) {
      let found = 0
      for (const [partition, from] of positions) {
        const most = Math.min(left, readingOn.records)
        const { records, next } = await log.read(topic, partition, from, { ...readingOn, records: most })
        positions.set(partition, next)
        for (const record of records.slice(0, left)) await session.data(`${line(record, flags.values ?? false)}\n`)
        left -= records.length
        found += records.length
        if (left <= 0) break
      }
      if (found === 0 && !flags.follow) return
      if (found === 0) await sleep(200, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  } finally {
    if (!flags.follow || flags.limit !== undefined) session.exit(signalCode() ?? exitCodes.done)
    stop.release()
  }
}

function line(record: LogRecord, valuesOnly: boolean): string {
  const text = record.value.toString('utf8')
  if (valuesOnly) return text
  const { partition, offset: at, timestamp, headers } = record
  const envelope = {
    partition,
    offset: String(at),
    timestamp: isoOf(timestamp),
    key: record.key?.toString('utf8') ?? null,
    headers,
  }
  return `${JSON.stringify(envelope).slice(0, -1)},"value":${isJson(text) ? text : JSON.stringify(text)}}`
}

function isJson(text: string): boolean {
  if (isDeeper(text, deepest.source)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
