import { nemoDefaults } from '../nemo-aligner.js'
import { hydraValue } from './hydra-value.js'
import { type ShellCommand, shellCommands, type ShellWord } from './shell-words.js'
import { type Setting, type LintSubject, unknownValue } from './subject.js'

const tokenKeys = 'model.data.chat_prompt_tokens'
const tokenNames = ['system_turn_start', 'turn_start', 'label_start']

/** The program of a command: the script that it runs, without folders. */
const programOf = (command: ShellCommand): string =>
  command.map(word => /(?<![\w.-])([\w.-]+)\.py$/.exec(word.text)?.[1]).find(name => name !== undefined) ??
  (command[0]?.text ?? '').replace(/^.*\//, '')

/** An override as hydra reads it: `key=value`, perhaps with `+` or `++` before it; null for any other word. */
const override = (word: ShellWord): Setting | null => {
  const parts = /^(?:\+{0,2})([A-Za-z_][\w.@]*)=([^]*)$/.exec(word.text)
  return parts && { key: parts[1]!, value: word.expands ? unknownValue : hydraValue(parts[2]!), word }
}

/** The value of `--name value` or `--name=value`, with `-` and `_` alike. */
export function flagOf(command: ShellCommand, name: string): string | null {
  for (const [index, { text }] of command.entries()) {
    const [flag, ...value] = text.replace(/^--/, '').split('=')
    if (!text.startsWith('--') || flag!.replaceAll('-', '_') !== name) continue
    return value.length > 0 ? value.join('=') : (command[index + 1]?.text ?? null)
  }
  return null
}

/** Files that a command writes if it is one of the data scripts; none for others. */
export function filesMade(command: ShellCommand): readonly string[] {
  const program = programOf(command)
  const flag = (name: string): readonly string[] => [flagOf(command, name)].filter(file => file !== null)
  if (/^(preprocessing|preprocess)$/.test(program)) {
    return flag('output_file_prefix').flatMap(prefix => [`${prefix}_train.jsonl`, `${prefix}_val.jsonl`])
  }
  if (program === 'data_clean') return flag('output_file')
  return program === 'attribute_annotate' ? flag('output_file_name') : []
}

/** The prompt tokens of a training command: those that it sets, otherwise the trainer's defaults; null if one is unknown. */
function tokensOf(settings: ReadonlyMap<string, Setting>): LintSubject['tokens'] {
  if (tokenNames.some(name => settings.get(`${tokenKeys}.${name}`)?.value === unknownValue)) return null
  const token = (key: string, fallback: string): string => {
    const value = settings.get(`${tokenKeys}.${key}`)?.value
    return value === undefined || value === null ? fallback : String(value)
  }
  return {
    system: token('system_turn_start', nemoDefaults.system),
    turn: token('turn_start', nemoDefaults.turn),
    label: token('label_start', nemoDefaults.label),
  }
}

function subject(command: ShellCommand, index: number): LintSubject {
  const program = programOf(command)
  const trains = /^train_gpt_sft/.test(program)
  const settings = new Map<string, Setting>()
  for (const word of command) {
    const set = override(word)
    if (set) settings.set(set.key, set)
  }
  const length = settings.get('model.data.train_ds.max_seq_length')?.value
  return {
    name: `command ${index + 1} (${program})`,
    trains,
    trainer: trains ? 'nemo-aligner' : null,
    role: null,
    settings,
    words: command.filter(word => override(word) === null),
    detached: override(command[0]!)?.key.includes('.') ?? false,
    refused: null,
    tokens: trains ? tokensOf(settings) : null,
    maxLength: typeof length === 'number' ? length : null,
  }
}

/** The content of a shell script like the tutorial's: its commands, and the files that they make. */
export interface Script {
  readonly subjects: readonly LintSubject[]
  /** Null if no command makes a file that we know of. */
  readonly made: readonly string[] | null
  /** Whether it cleans or annotates with the original scripts, which know only `<extra_id_0..2>`. */
  readonly cleans: boolean
  /** Whether its lines end with CR LF; its commands are those of the same script with LF. */
  readonly crlf: boolean
}

/** Reads a shell script; unknown commands are kept as they are. */
export function scriptOf(text: string): Script {
  const commands = shellCommands(text.replaceAll('\r\n', '\n'))
  const made = commands.flatMap(filesMade)
  return {
    subjects: commands.map(subject),
    made: made.length === 0 || made.some(file => /[$`]/.test(file)) ? null : made,
    cleans: commands.some(command => /^(data_clean|attribute_annotate)$/.test(programOf(command))),
    crlf: text.includes('\r\n'),
  }
}
