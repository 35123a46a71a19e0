import { type Command } from 'commander'
import { buildProgram } from '../src/cli/program.js'

/** The help page of a command as it is printed 100 columns wide, its examples included. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut: part => {
      text += part
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return text.trim()
}

/** A command and those below it, in the order of the help pages. */
const withChildren = (command: Command, path: string): readonly (readonly [string, Command])[] => [
  [path, command],
  ...command.commands.flatMap(child => withChildren(child, `${path} ${child.name()}`)),
]

/** Every command of the command line by its full name, the program itself first. */
export function allCommands(): ReadonlyMap<string, Command> {
  const nowhere = () => undefined
  const program = buildProgram({ out: nowhere, err: nowhere, exit: nowhere, interactive: false, columns: 100 })
  return new Map(withChildren(program, program.name()))
}

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
    'Exit codes: 0 done, 1 failed, 2 called wrongly, 3 done but lines were rejected (file commands). Results go to',
    'standard output, progress and messages to standard error: in place on a terminal, otherwise as JSON lines.',
    '`--a_b` is the same as `--a-b`.',
    '',
    ...sections,
  ].join('\n')
}
