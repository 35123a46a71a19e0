import { withChildren } from '../../src/cli/commands/completion.js'
import { openSession } from '../../src/cli/output/session.js'
import { buildProgram } from '../../src/cli/program.js'

/** A command that does something, by its full name, such as `datasets list`. */
export interface LeafCommand {
  readonly name: string
  readonly takesConfig: boolean
}

const nothing = (): void => undefined
const program = await buildProgram(openSession({ out: nothing, err: nothing, interactive: false, columns: 80 }))

/** Every command that the program has, in the order of its help; groups are no commands. */
export function leafCommands(): readonly LeafCommand[] {
  return withChildren(program, [])
    .filter(([, { commands }]) => commands.length === 0)
    .map(([name, { options }]) => ({ name, takesConfig: options.some(({ long }) => long === '--config') }))
}

/** What follows the names of commands that work on a data folder, so that their command lines are whole. */
export const dataArguments: Readonly<Record<string, readonly string[]>> = {
  status: [],
  tap: ['conversations.raw'],
  'topics plan': [],
  'datasets list': [],
  'datasets show': ['steerlm'],
  'datasets snapshot': ['steerlm'],
  'datasets gc': [],
  'datasets pin': ['steerlm', 'abc'],
  'datasets unpin': ['steerlm', 'abc'],
  'datasets verify': [],
  'shards list': [],
  'shards verify': [],
  'shards gc': [],
  trace: ['x'],
  forget: ['--tree', 'x'],
  'jobs list': [],
  'jobs show': ['x'],
  'jobs retry': ['x'],
  'jobs cancel': ['x'],
  'jobs lint': [],
  'jobs gc': [],
  'models list': [],
  'models promote': ['x'],
  'bootstrap start': [],
  'bootstrap status': [],
  'bootstrap report': [],
  'bootstrap stop': [],
  'dead-letters summary': [],
  'dead-letters list': [],
  'dead-letters show': ['0:0'],
  'dead-letters replay': [],
  'offsets reset': ['--node', 'annotate', '--to-earliest'],
}

/** Says which commands have no row, and which rows have no command, in a sentence each. */
export function rowsThatDiffer(rows: Readonly<Record<string, unknown>>, where: string): readonly string[] {
  const names = leafCommands().map(({ name }) => name)
  return [
    ...names.filter(name => !(name in rows)).map(name => `the command \`${name}\` has no row in ${where}: add one`),
    ...Object.keys(rows)
      .filter(name => !names.includes(name))
      .map(name => `${where} has a row for \`${name}\`, which is no command any more: remove it`),
  ]
}
