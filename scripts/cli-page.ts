import type { Command } from 'commander'
import { exitCodes, exitMeanings } from '../src/cli/command.js'
import { withChildren } from '../src/cli/commands/completion.js'
import { openSession } from '../src/cli/output/session.js'
import { buildProgram, exitLine } from '../src/cli/program.js'

/** The help page of a command as it is printed 100 columns wide, its examples included. */
export function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut: part => {
      text += part
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return text.replace(exitLine, '').trim()
}

const nowhere = () => undefined
const program = await buildProgram(openSession({ out: nowhere, err: nowhere, interactive: false, columns: 100 }))

/** Every command of the command line by its full name, the program itself first. */
export const allCommands = (): ReadonlyMap<string, Command> => new Map(withChildren(program, [program.name()]))

const keysOf = <T extends object>(of: T) => Object.keys(of) as (keyof T)[]

/** docs/cli.md: the help pages of all commands. */
export function cliPage(header: string): string {
  const sections = [...allCommands()].map(
    ([path, command]) => `## ${path}\n\n\`\`\`text\n${helpOf(command).replaceAll(/[ \t]+$/gm, '')}\n\`\`\`\n`,
  )
  return [
    '# Command line',
    '',
    `<!-- ${header} -->`,
    '',
    'Results go to standard output, progress and messages to standard error: in place on a terminal, otherwise as JSON',
    'lines. `--a_b` is the same as `--a-b`. Whatever others wrote is spelled out where it would act on a terminal.',
    'As an input `-` is standard input; as an output it is refused. An output that is a pipe or a device, such as',
    '`/dev/stdout`, is written as it comes; a file is replaced when the new one is whole.',
    '',
    '| exit code | |',
    '|---|---|',
    ...keysOf(exitCodes).map(name => `| ${exitCodes[name]} | ${exitMeanings[name]} |`),
    '',
    'What is rejected is said in any case. What goes into the log (`ingest`, `quickstart`, `run`, `relabel`) rejects into the',
    'dead letters, which can be mended and replayed: the command ends with 0, and with 3 where all was rejected. What makes a',
    'file of a file (`preprocess`, `clean`, `annotate`, `score`) has lines in its input that are not in its output: 3. So',
    '`steerflow ingest in.jsonl && steerflow run --until-idle` goes on behind a line that is no record, and a script that must',
    'not lose one asks `steerflow dead-letters list --json`.',
    '',
    'A standard output that is closed (`>&-`) is `/dev/null` for Node, and so for the commands; one that cannot be written is',
    '`STEERFLOW_OUTPUT_BROKEN` (1).',
    '',
    'A command that runs until it is stopped (`run`, `tap --follow`, `jobs show --follow`, `relabel`, `baseline serve`) ends',
    'with 0 when a signal stops it. A second signal ends any command at once, with 128 and its number.',
    '',
    ...sections,
  ].join('\n')
}
