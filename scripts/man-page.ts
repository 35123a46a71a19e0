import type { Command } from 'commander'
import { exitCodes, exitMeanings } from '../src/cli/command.js'
import { allCommands, helpOf } from './cli-page.js'

/** Text as roff prints it: nothing in it is an escape or, at the start of a line, a request. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&')
    .replaceAll(
      /[^ -~\n]/gu,
      character => `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )

/** A term in bold and what it means, as an entry of a list. */
const entry = (term: string, meaning: string): string[] => ['.TP', `\\fB${roff(term)}\\fR`, roff(meaning)]

/** Lines that keep their breaks: examples. */
const verbatim = (text: string): string[] => (text === '' ? [] : ['.PP', '.EX', roff(text), '.EE'])

/** A command: what it does, its arguments and options, and what its help page says behind them. */
function section(path: string, command: Command): string[] {
  const help = command.createHelp()
  const behind = helpOf(command).slice(command.helpInformation().trim().length)
  return [
    `.SS ${roff(`${path} ${command.usage()}`)}`,
    roff(command.description()),
    ...help.visibleArguments(command).flatMap(one => entry(help.argumentTerm(one), help.argumentDescription(one))),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .flatMap(one => entry(help.optionTerm(one), help.optionDescription(one))),
    ...verbatim(behind.trim()),
  ]
}

/** man/steerflow.1: every command with its options and examples, as `man steerflow` shows it. */
export function manPage(header: string): string {
  const [[, program], ...commands] = [...allCommands()] as [[string, Command], ...[string, Command][]]
  const codes = (Object.keys(exitCodes) as (keyof typeof exitCodes)[]).map(
    name => [String(exitCodes[name]), exitMeanings[name]] as const,
  )
  return [
    `.\\" ${header}`,
    '.TH STEERFLOW 1',
    '.SH NAME',
    `steerflow \\- ${roff(program.description().replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    '.B steerflow',
    roff(program.usage()),
    '.SH COMMANDS',
    // A group is told by the commands in it.
    ...commands
      .filter(([, { commands: below }]) => below.length === 0)
      .flatMap(([path, command]) => section(path, command)),
    '.SH EXIT STATUS',
    ...codes.flatMap(([code, meaning]) => entry(code, meaning.replaceAll('`', ''))),
    '',
  ].join('\n')
}
