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
    'lines. `--a_b` is the same as `--a-b`. In foreign text, characters that would control a terminal are escaped. As an',
    'input `-` is standard input; as an output it is refused. An output that is a pipe or a device, such as `/dev/stdout`, is',
    'written as it comes; a file is replaced when the new one is complete.',
    '',
    '| exit code | |',
    '|---|---|',
    ...keysOf(exitCodes).map(name => `| ${exitCodes[name]} | ${exitMeanings[name]} |`),
    '',
    'Rejected records are always reported. Commands that write to the log (`ingest`, `quickstart`, `run`, `relabel`) put them',
    'into the dead letters, from which they can be replayed: the exit code is 0, or 3 if all records were rejected. Commands',
    'that turn a file into a file (`preprocess`, `clean`, `annotate`, `score`) end with 3, since lines of their input are',
    'missing from their output. So `steerflow ingest in.jsonl && steerflow run --until-idle` continues after an invalid line; a',
    'script that must not lose a line checks `steerflow dead-letters list --json`.',
    '',
    'Node treats a closed standard output (`>&-`) as `/dev/null`, and so do the commands; a standard output that cannot be',
    'written is `STEERFLOW_OUTPUT_BROKEN` (1).',
    '',
    'A command that runs until it is stopped (`run`, `tap --follow`, `jobs show --follow`, `relabel`, `baseline serve`) ends',
    'with 0 when a signal stops it. A second signal ends any command at once, with 128 plus the number of the signal.',
    '',
    ...sections,
  ].join('\n')
}
