import { SteerflowError } from '../../domain/errors.js'
import { type Letter, findLetter, refuseUnknown, letters } from '../../runtime/letters.js'
import { table, thousands, oneLine } from '../render/bars.js'
import { letterHeader, letterRow, facts, summaryFacts, summaryLines } from '../dead-letters/facts.js'
import type { Flow } from '../../flow.js'
import { isRelabelNode, relabelSources } from '../../pipeline.js'
import { summarise } from '../../runtime/letter-summary.js'
import { replay } from '../../runtime/replay.js'
import type { Log } from '../../runtime/log.js'
import * as topicTable from '../../topics.js'
import { readLoops } from '../bootstrap/loops.js'
import { toldToRounds } from '../bootstrap/replayed.js'
import { exitCodes, type Verb } from '../command.js'
import { filtered, type FilterFlags, filterOf } from '../dead-letters/filter.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { inWorkspace, lookInWorkspace } from '../workspace.js'

/** Default number of rows that a list prints. */
export const usualRows = 100
/** Rows that share column widths, and the most rows held in memory. */
const pageRows = 200

/**
 * The value of `--limit`.
 * @throws STEERFLOW_USAGE unless it is a whole number above 0
 */
export function limitOf(text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new SteerflowError('STEERFLOW_USAGE', `--limit ${text}: expected a number above 0`)
}

/**
 * Lines of the list, printed while letters are read: at most `limit` rows, then the number of further letters. Memory use
 * does not depend on the number of letters.
 */
export async function* listLines(letters: AsyncIterable<Letter>, limit: number): AsyncGenerator<string> {
  let page: (readonly string[])[] = [letterHeader]
  let listed = 0
  let more = 0
  for await (const letter of letters) {
    if (listed === limit) {
      more++
      continue
    }
    listed++
    page.push(letterRow(letter))
    if (page.length < pageRows) continue
    yield* lines(page)
    page = []
  }
  if (listed === 0) yield 'no dead letters'
  else yield* lines(page)
  if (more > 0)
    yield `${thousands(more)} more: raise --limit, filter with --node, --code, --since and --until, or see dead-letters summary`
}

const lines = (rows: readonly (readonly string[])[]): readonly string[] => table(rows, [0, 1, 2, 3, 4, 5])

const topics = { deadLetters: topicTable.deadLetters.name, replayed: topicTable.replayed.name }

/** Limit on printed refusals of a replay. */
const shownRefusals = 20

type Flags = ConfigFlags & FilterFlags

/** `dead-letters list|summary|show|replay`: failed records, their causes, and their replay. */
export const deadLetters: Verb = (program, session) => {
  const group = program
    .command('dead-letters')
    .description('Summarise, list, show and replay dead letters, the records that could not pass.')
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow dead-letters summary --since 2h' +
        '\n  steerflow dead-letters list --node annotate --limit 20' +
        '\n  steerflow dead-letters replay --code STEERFLOW_RECORD_EXHAUSTED --dry-run\n',
    )

  const summary = group
    .command('summary')
    .description('Count dead letters by node, code, cause and hour.')
    .option('--json', 'print JSON')
  withConfig(filtered(summary)).action((flags: Flags & { json?: true }) =>
    lookingAt(flags, async (log, flow) => {
      const found = await summarise(chosen(log, flow, flags))
      if (flags.json) await session.json(summaryFacts(found))
      else await session.out(`${summaryLines(found).join('\n')}\n`)
    }),
  )

  const list = group
    .command('list')
    .description('List dead letters, oldest first.')
    .option('--limit <n>', `most rows to print (default: ${usualRows}; all with --json)`)
    .option('--json', 'print JSON lines')
  withConfig(filtered(list)).action((flags: Flags & { json?: true; limit?: string }) => {
    const limit = limitOf(flags.limit, flags.json ? Infinity : usualRows)
    return lookingAt(flags, async (log, flow) => {
      if (!flags.json)
        for await (const line of listLines(chosen(log, flow, flags), limit)) await session.out(`${line}\n`)
      else {
        let left = limit
        for await (const letter of chosen(log, flow, flags)) {
          if (left-- <= 0) return
          await session.json(facts(letter))
        }
      }
    })
  })

  const show = group
    .command('show')
    .description('Show a dead letter with its cause and its original bytes.')
    .argument('<id>', 'partition:offset, as list prints it')
    .option('--raw', 'print only the original value, byte for byte')
  withConfig(show).action((id: string, flags: ConfigFlags & { raw?: true }) =>
    lookingAt(flags, async log => {
      const letter = await findLetter(log, topics, id)
      if (flags.raw) await session.data(letter.record.value)
      else await session.json({ ...facts(letter), value: letter.record.value.toString('utf8') }, 2)
    }),
  )

  const again = group
    .command('replay')
    .description(
      'Publish dead letters to their original topics again, for the node that failed on them; each is replayed once.',
    )
    .argument('[ids...]', 'dead letters to replay (default: all that match the filters and were not replayed yet)')
    .option('--dry-run', 'only count what would be replayed')
  withConfig(filtered(again)).action((ids: string[], flags: Flags & { dryRun?: true }) =>
    inWorkspace(
      configOf(flags),
      async ({ log, config: { flow } }) => {
        const [filter, named] = [filterOf(flags, flow, Date.now()), new Set(ids)]
        for (const id of named) await refuseUnknown(log, topics, id)
        const refusals: string[] = []
        const { replayed, refused } = await replay(log, topics, {
          wanted: letter => filter.chooses(letter) && (named.size === 0 ? !letter.replayed : named.has(letter.id)),
          readBy: node => readBy(flow, node),
          dryRun: flags.dryRun ?? false,
          insist: named.size > 0,
          consequence: toldToRounds(await readLoops(log), flow),
          refused: (id, reason) => {
            if (refusals.length < shownRefusals) refusals.push(`not replayed ${id}: ${oneLine(reason, 400)}\n`)
          },
        })
        filter.end()
        await session.out(`${flags.dryRun ? 'would replay' : 'replayed'} ${replayed}\n`)
        for (const refusal of refusals) await session.out(refusal)
        if (refused > shownRefusals) await session.out(`not replayed: ${thousands(refused - shownRefusals)} more\n`)
        if (refused > 0 && (replayed === 0 || named.size > 0)) session.exit(exitCodes.rejected)
      },
      { looks: flags.dryRun ?? false },
    ),
  )
}

/** Runs a read-only query on the log. */
const lookingAt = <T>(flags: ConfigFlags, work: (log: Log, flow: Flow) => Promise<T>): Promise<T> =>
  lookInWorkspace(configOf(flags), ({ log, config }) => work(log, config.flow))

/** The letters that match the options. @throws STEERFLOW_USAGE */
async function* chosen(log: Log, flow: Flow, flags: FilterFlags): AsyncGenerator<Letter> {
  const filter = filterOf(flags, flow, Date.now())
  for await (const letter of letters(log, topics)) if (filter.chooses(letter)) yield letter
  filter.end()
}

/** The topic that a node reads, including nodes that run on demand; null for an unknown node. */
function readBy(flow: Flow, node: string): string | null {
  const found = flow.node(node)?.from
  const relabelled = relabelSources.find(({ name }) => isRelabelNode(node) && node.endsWith(`-${name}`))
  return (found ?? relabelled)?.name ?? null
}
