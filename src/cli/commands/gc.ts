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

/** Default number of printed rows. */
const usualRows = 200

const row = ({ dataset, kind, name, bytes, keep, why }: KeptData, dryRun: boolean): string => {
  const did = keep ? 'stays' : dryRun ? 'would be removed' : 'removed'
  const what = kind === 'snapshot' ? `${dataset} ${name.slice(0, 12)}` : name
  return `${what}  ${size(bytes)}, ${did}: ${oneLine(why.join('; '), 160)}\n`
}

/** Adds `gc` to a group: removes snapshots or job folders that no rule keeps, and says why the rest stays. */
export function gcCommand(
  group: Command,
  session: Session,
  kind: KeptData['kind'],
  limit: (text: string) => number,
): void {
  const things = kind === 'snapshot' ? 'snapshots' : 'folders of finished jobs'
  const key = kind === 'snapshot' ? 'snapshot' : 'jobs'
  const command = group
    .command('gc')
    .summary(`Remove ${things} that no rule keeps.`)
    .description(
      `Removes ${things} that nothing needs and that datasets.<name>.${key}.keep does not keep, and says why the others stay.
A run also does this after every snapshot. Safe beside a run; the next call finishes an interrupted removal.`,
    )
    .option('--dataset <name>', 'only this dataset')
    .option('--dry-run', 'only list what would be removed')
    .option('--limit <rows>', 'most rows to print', limit, usualRows)
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
        if (rows > flags.limit) session.err(`${rows - flags.limit} more rows: --limit ${rows}\n`)
        const { gone, kept } = sums
        const did = dryRun ? 'would be removed' : 'removed'
        session.err(`${gone.count} ${did}, ${size(gone.bytes)}; ${kept.count} stay, ${size(kept.bytes)}\n`)
      },
      { looks: flags.dryRun ?? false },
    ),
  )
}
