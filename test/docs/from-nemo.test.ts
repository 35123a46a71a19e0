import { readFileSync } from 'node:fs'
import type { Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { allCommands } from '../../scripts/cli-page.js'
import { tablesOf } from './markdown.js'

/** The flags of the original scripts with their defaults, as Python prints them; null: required. */
const originals: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  preprocess: {
    input_file: null,
    output_file_prefix: null,
    mask_role: 'User',
    type: 'TEXT_TO_VALUE',
    split_ratio: '0.95',
    seed: '10',
  },
  clean: {
    dataset_file: null,
    output_file: null,
    library: 'huggingface',
    model_file: 'none',
    model_name: 'EleutherAI/gpt-neox-20b',
    seq_len: '4096',
  },
  annotate: {
    batch_size: '1',
    host: 'localhost',
    input_file_name: 'input.jsonl',
    output_file_name: 'output.jsonl',
    port_num: '1424',
    process_lang: 'True',
  },
}

const defaultOf = ({ mandatory, defaultValue, defaultValueDescription }: Option): string => {
  if (mandatory) return 'required'
  if (defaultValueDescription !== undefined) return defaultValueDescription
  return defaultValue === undefined ? 'none' : String(defaultValue)
}

const page = readFileSync('docs/from-nemo.md', 'utf8')

describe.each(Object.entries(originals))('docs/from-nemo.md on %s', (command, flags) => {
  const options = new Map(
    allCommands()
      .get(`steerflow ${command}`)!
      .options.map(option => [option.long!, option]),
  )
  const section = page.split(/^## /m).find(part => part.startsWith(`${command}\n`))!
  const rows = tablesOf(section)[0]!.map(([flag, there, here, status, how]) => ({
    name: flag!.replace(/^--/, '').replaceAll('-', '_'),
    option: options.get(flag!.replaceAll('_', '-'))!,
    there: there!,
    here: here!,
    status: status!,
    how: how!,
  }))

  it('has a row for each flag of the command, and no other', () => {
    expect(rows.map(({ option }) => option?.long).sort()).toEqual([...options.keys()].sort())
  })

  it('has a row for each flag of the original, with its default', () => {
    const known = rows.filter(({ there }) => there !== '–').map(({ name, there }) => [name, there])
    expect(known).toEqual(Object.entries(flags).map(([name, value]) => [name, value ?? 'required']))
  })

  it.each(rows.map(row => [row.name, row] as const))(
    'tells the default of %s',
    (_, { option, there, here, status }) => {
      expect(here).toBe(defaultOf(option))
      if (status === 'same') expect(here.toLowerCase()).toBe(there.toLowerCase())
      else expect(status).toBe(there === '–' ? 'added' : 'differs')
    },
  )

  it('says how what is not the same is different', () => {
    expect(rows.filter(({ status, how }) => status !== 'same' && how === '')).toEqual([])
  })
})
