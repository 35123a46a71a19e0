import { SteerflowError } from '../../domain/errors.js'
import { type ResetTarget, type PartitionReset, resetOffsets } from '../../runtime/reset.js'
import { timeOf } from '../times.js'
import type { Node } from '../../stages/node.js'
import type { Verb } from '../command.js'
import { nodeNamed } from '../node-named.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { table, thousands } from '../render/bars.js'
import { inWorkspace } from '../workspace.js'

export interface TargetFlags {
  readonly toEarliest?: true
  readonly toLatest?: true
  readonly toDatetime?: string
  readonly shiftBy?: string
  readonly toOffset?: string
}

const shapes = { shift: /^[+-]?\d+$/, offset: /^\d+$/ }

/** The target of a reset. @throws STEERFLOW_USAGE unless exactly one is given */
export function resetTarget({ toEarliest, toLatest, toDatetime, shiftBy, toOffset }: TargetFlags): ResetTarget {
  const targets: ResetTarget[] = []
  if (toEarliest) targets.push({ kind: 'earliest' })
  if (toLatest) targets.push({ kind: 'latest' })
  if (toDatetime !== undefined) targets.push({ kind: 'datetime', time: timeOf('--to-datetime', toDatetime) })
  if (shiftBy !== undefined) targets.push({ kind: 'shift', by: whole('--shift-by', shiftBy, shapes.shift) })
  if (toOffset !== undefined) targets.push({ kind: 'offset', offset: whole('--to-offset', toOffset, shapes.offset) })
  const [target, ...others] = targets
  if (target && others.length === 0) return target
  const ways = '--to-earliest, --to-latest, --to-datetime, --shift-by or --to-offset'
  throw new SteerflowError('STEERFLOW_USAGE', `give exactly one of ${ways}`)
}

function whole(option: string, text: string, shape: RegExp): bigint {
  if (shape.test(text)) return BigInt(text.replace('+', ''))
  throw new SteerflowError('STEERFLOW_USAGE', `${option} ${text}: expected a whole number`)
}

interface Flags extends ConfigFlags, TargetFlags {
  readonly node: string
  readonly partition?: string
  readonly force?: true
  readonly dryRun?: true
  readonly json?: true
}

/** `offsets reset`: moves the committed offsets of a node. */
export const offsets: Verb = (program, session) => {
  const group = program.command('offsets').description('Reset the committed offsets of nodes.')
  const reset = group
    .command('reset')
    .description('Move the committed offsets of a stopped node; records before them count as read.')
    .requiredOption('--node <name>', 'node whose offsets to move')
    .option('--to-earliest', 'to the first retained record')
    .option('--to-latest', 'to the end, after the last record')
    .option('--to-datetime <time>', 'to the first record at or after this time, e.g. 2026-01-31T08:00:00Z')
    .option('--shift-by <n>', 'shift by n offsets; negative values go back')
    .option('--to-offset <n>', 'to this offset')
    .option('--partition <n>', 'only this partition of its topic')
    .option('--force', 'reset even if records would be sealed twice, for a new version of the dataset')
    .option('--dry-run', 'only show what would be moved')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow offsets reset --node annotate --to-earliest --dry-run' +
        '\n  steerflow offsets reset --node clean-scored --shift-by -1000 --partition 2\n',
    )
  withConfig(reset).action(async (flags: Flags) => {
    const config = configOf(flags)
    const node = nodeNamed(config.flow, flags.node, '--node')
    const target = resetTarget(flags)
    const partition = partitionOf(flags.partition)
    const dryRun = flags.dryRun ?? false
    const warning = warningOf(node)
    if (node.stage.kind === 'closing' && !dryRun && !flags.force) throw new SteerflowError('STEERFLOW_USAGE', warning!)
    const resets = await inWorkspace(
      config,
      ({ log }) => resetOffsets(log, { group: node.name, topic: node.from.name, target, partition, dryRun }),
      { exclusive: !dryRun, looks: dryRun },
    )
    if (warning !== null) session.err(`warning: ${warning}\n`)
    if (flags.json) await session.json(resets.map(reset => facts(node, reset)))
    else await session.out(`${lines(node, resets, dryRun).join('\n')}\n`)
  })
}

function partitionOf(text: string | undefined): number | null {
  if (text === undefined) return null
  if (/^\d+$/.test(text)) return Number(text)
  throw new SteerflowError('STEERFLOW_USAGE', `--partition ${text}: expected a number`)
}

/** Side effects of reading records again, besides publishing their outputs again; null if there are none. */
function warningOf({ name, stage, fixed }: Node): string | null {
  if (stage.kind === 'lasting') return `${name} repeats its actions for every record that it reads again`
  if (stage.kind !== 'closing') return null
  const version = `datasets.${String(fixed.dataset)}.seal.version`
  return `records that ${name} reads again are sealed again: raise ${version} first, then use --force`
}

function lines(node: Node, resets: readonly PartitionReset[], dryRun: boolean): readonly string[] {
  const header = ['topic', 'partition', 'from', 'to', 'read again', 'skipped', 'gone']
  const rows = resets.map(({ partition, from, to, again, gone, forgotten }) => [
    node.from.name,
    String(partition),
    from === null ? (forgotten ? 'forgotten' : '-') : String(from),
    String(to),
    thousands(Math.max(0, Number(again))),
    thousands(Math.max(0, -Number(again))),
    thousands(Number(gone)),
  ])
  const clamped = resets.flatMap(({ partition, to, clamped }) =>
    clamped === null ? [] : [`partition ${partition}: offset ${clamped} does not exist; ${to} is the nearest`],
  )
  const again = resets.some(({ again }) => again > 0n)
  const outputs = Object.values(node.to).map(({ name }) => name)
  return [
    ...table([header, ...rows]),
    ...clamped,
    ...(again ? [`outputs of records that are read again are published again, to ${outputs.join(' and ')}`] : []),
    dryRun ? `dry run: nothing was moved` : `moved ${node.name} on ${node.from.name}`,
  ]
}

const facts = (node: Node, { from, to, again, gone, clamped, ...rest }: PartitionReset) => ({
  node: node.name,
  topic: node.from.name,
  ...rest,
  from: from === null ? null : String(from),
  to: String(to),
  again: Number(again),
  gone: Number(gone),
  clamped: clamped === null ? null : String(clamped),
})
