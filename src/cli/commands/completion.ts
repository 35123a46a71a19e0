import type { Command, Option } from 'commander'
import { oneOf } from '../flags.js'
import type { Verb } from '../command.js'

const shells = ['bash'] as const

/** `completion`: a shell script that completes commands, options and their choices. */
export const completion: Verb = (program, session) => {
  program
    .command('completion')
    .description('Print a shell script that completes commands, options and their choices.')
    .argument('<shell>', shells.join(', '), oneOf(...shells))
    .addHelpText('after', '\nExample, in ~/.bashrc:\n  source <(steerflow completion bash)\n')
    .action(async () => session.data(`${script(program)}\n`))
}

/**
 * A command and its subcommands with their full names, in the order of the help pages.
 * @param path the words of the command's name
 */
export const withChildren = (command: Command, path: readonly string[]): readonly (readonly [string, Command])[] => [
  [path.join(' '), command],
  ...command.commands.flatMap(child => withChildren(child, [...path, child.name()])),
]

/** `compgen` arguments for an option's value: its choices, or files; null for an option without a value. */
function valuesOf({ argChoices, required, optional }: Option): string | null {
  if (argChoices) return `-W '${argChoices.join(' ')}'`
  return required || optional ? '-f' : null
}

/** A bash function with two tables: the words that may follow each command, and the values of each option. */
function script(program: Command): string {
  const rows = withChildren(program, [])
  const words = rows.map(([path, command]) => {
    const below = command.commands.map(child => child.name())
    const options = [...command.options.map(({ long }) => long ?? ''), '--help']
    return `    '${path}') words='${[...below, ...options].filter(Boolean).join(' ')}' ;;`
  })
  const values = rows.flatMap(([path, command]) =>
    command.options.flatMap(option => {
      const value = valuesOf(option)
      return value === null
        ? []
        : [`    '${`${path} ${option.long}`.trim()}') COMPREPLY=($(compgen ${value} -- "$word")); return ;;`]
    }),
  )
  return [
    '_steerflow() {',
    '  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= words= at',
    '  for ((at = 1; at < COMP_CWORD; at++)); do',
    `    case "$command \${COMP_WORDS[at]}" in`,
    `      ${rows
      .filter(([path]) => path !== '')
      .map(([path]) => `'${path.includes(' ') ? path : ` ${path}`}'`)
      .join('|')}) command="\${command:+$command }\${COMP_WORDS[at]}" ;;`,
    '    esac',
    '  done',
    '  case "${command:+$command }$before" in',
    ...values,
    '  esac',
    '  case "$command" in',
    ...words,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '  [[ $word == -* || ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$word"))',
    '}',
    'complete -o filenames -F _steerflow steerflow',
  ].join('\n')
}
