import type { Command } from 'commander'
import type { Session } from '../command.js'
import { size } from '../doctor/units.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { oneLine } from '../render/bars.js'
import { collect, type KeptData } from '../training/keep.js'
import { inWorkspace } from '../workspace.js'

interface GcFlags extends ConfigFlags {
  readonly dataset?: string
  readonly dryRun?: true
  readonly limit: number
  readonly json?: true
}

/** Rows that are printed unless told otherwise. */
const usualRows = 200

const row = ({ dataset, kind, name, bytes, keep, why }: KeptData, dryRun: boolean): string => {
  const did = keep ? 'stays' : dryRun ? 'would be removed' : 'removed'
  const what = kind === 'snapshot' ? `${dataset} ${name.slice(0, 12)}` : name
  return `${what}  ${size(bytes)}, ${did}: ${oneLine(why.join('; '), 160)}\n`
}

/** Adds `gc` to a group: removes snapshots or folders of jobs that the rules do not keep, and says why the rest stays. */
export function gcCommand(
  group: Command,
  session: Session,
  kind: KeptData['kind'],
  limit: (text: string) => number,
): void {
  const things = kind === 'snapshot' ? 'snapshots' : 'folders of jobs that have ended'
  const key = kind === 'snapshot' ? 'snapshot' : 'jobs'
  const command = group
    .command('gc')
    .summary(`remove ${things} that no rule keeps`)
    .description(
      `Removes ${things} that neither anything needs nor datasets.<name>.${key}.keep keeps, and says why the others stay.
A run does it by itself behind every snapshot. Safe beside a run; what a kill leaves half done the next call finishes.`,
    )
    .option('--dataset <name>', 'only those of one dataset')
    .option('--dry-run', 'only say what would be removed')
    .option('--limit <rows>', 'most rows that are printed', limit, usualRows)
    .option('--json', 'print JSON lines')
    .addHelpText('after', `\nExamples:\n  steerflow ${kind === 'snapshot' ? 'datasets' : 'jobs'} gc --dry-run\n`)
  withConfig(command).action((flags: GcFlags) =>
    inWorkspace(
      configOf(flags),
      async workspace => {
        const { dataset = null, dryRun = false } = flags
        const sums = { gone: { count: 0, bytes: 0 }, kept: { count: 0, bytes: 0 } }
        let rows = 0
        for await (const one of collect(workspace, { kind, dataset, dryRun, now: Date.now() })) {
          const sum = one.keep ? sums.kept : sums.gone
          sum.count++
          sum.bytes += one.bytes
          if (rows++ >= flags.limit) continue
          await (flags.json ? session.json(one) : session.out(row(one, dryRun)))
        }
        if (rows > flags.limit) session.err(`${rows - flags.limit} rows more: --limit ${rows}\n`)
        const { gone, kept } = sums
        const did = dryRun ? 'would be removed' : 'removed'
        session.err(`${gone.count} ${did}, ${size(gone.bytes)}; ${kept.count} stay, ${size(kept.bytes)}\n`)
      },
      { looks: flags.dryRun ?? false },
    ),
  )
}
