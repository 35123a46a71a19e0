import { findLetter, type Letter, letters, replay } from '../../runtime/replay.js'
import * as topicTable from '../../topics.js'
import { exitCodes, type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { oneLine, table } from '../render/bars.js'
import { readLoops } from '../bootstrap/loops.js'
import { toldToRounds } from '../bootstrap/replayed.js'
import { inWorkspace } from '../workspace.js'

const topics = { deadLetters: topicTable.deadLetters.name, replayed: topicTable.replayed.name }

interface Filter {
  readonly code?: string
  readonly node?: string
}

/** `dead-letters list|show|replay`: what could not pass, why, and again. */
export const deadLetters: Verb = (program, session) => {
  const group = program.command('dead-letters').description('Records that could not pass: list, show, replay.')

  const list = group.command('list').description('List them, oldest first.').option('--json', 'print JSON lines')
  withConfig(filtered(list)).action((flags: ConfigFlags & Filter & { json?: true }) =>
    inWorkspace(configOf(flags), async ({ log }) => {
      const found: Letter[] = []
      for await (const letter of letters(log, topics)) if (matches(letter, flags)) found.push(letter)
      if (flags.json) for (const letter of found) session.out(`${JSON.stringify(facts(letter))}\n`)
      else if (found.length === 0) session.out('no dead letters\n')
      else {
        const rows = found.map(letter => [
          letter.id,
          letter.node,
          letter.code,
          place(letter),
          state(letter),
          oneLine(letter.cause, 80),
        ])
        session.out(
          `${table([['id', 'node', 'code', 'origin', 'state', 'cause'], ...rows], [0, 1, 2, 3, 4, 5]).join('\n')}\n`,
        )
      }
    }),
  )

  const show = group
    .command('show')
    .description('Show one with its cause and its original bytes.')
    .argument('<id>', 'partition:offset, as list prints it')
    .option('--raw', 'print the original value alone, byte for byte')
  withConfig(show).action((id: string, flags: ConfigFlags & { raw?: true }) =>
    inWorkspace(configOf(flags), async ({ log }) => {
      const letter = await findLetter(log, topics, id)
      if (flags.raw) session.out(letter.record.value)
      else
        session.out(`${JSON.stringify({ ...facts(letter), value: letter.record.value.toString('utf8') }, null, 2)}\n`)
    }),
  )

  const again = group
    .command('replay')
    .description('Publish them again where they came from, for the node that refused them; a second time does nothing.')
    .argument('[ids...]', 'default: all that the filters let through')
    .option('--dry-run', 'say what would be replayed')
  withConfig(filtered(again)).action((ids: string[], flags: ConfigFlags & Filter & { dryRun?: true }) =>
    inWorkspace(configOf(flags), async ({ log }) => {
      const wanted = (letter: Letter): boolean =>
        matches(letter, flags) && (ids.length === 0 ? !letter.replayed : ids.includes(letter.id))
      const result = await replay(log, topics, wanted, flags.dryRun ?? false, toldToRounds(await readLoops(log)))
      session.out(`${flags.dryRun ? 'would replay' : 'replayed'} ${result.replayed.length}\n`)
      for (const [id, reason] of result.refused) session.out(`not replayed ${id}: ${reason}\n`)
      if (result.refused.size > 0 && result.replayed.length === 0) session.exit(exitCodes.rejected)
    }),
  )
}

const filtered = (command: ReturnType<Parameters<Verb>[0]['command']>): typeof command =>
  command.option('--code <code>', 'only those with this code').option('--node <node>', 'only those of this node')

const matches = (letter: Letter, { code, node }: Filter): boolean =>
  (code === undefined || letter.code === code) && (node === undefined || letter.node === node)

const place = ({ origin }: Letter): string =>
  `${origin.topic.replace(/^(source:.{12}).*/, '$1')}/${origin.partition}@${origin.offset}`

const state = ({ replayed }: Letter): string => (replayed ? 'replayed' : 'waiting')

const facts = ({ record: _, at, ...letter }: Letter) => ({ ...letter, at: new Date(at).toISOString() })
