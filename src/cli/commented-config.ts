import { relative } from 'node:path'
import type { z } from 'zod'
import type { Flow } from '../flow.js'
import { jsonSchemaOf } from './config.js'
import { formsOf } from './config-keys.js'

type Schema = z.core.JSONSchema.JSONSchema

/**
 * The configuration as a YAML file: every key with its description, commented out at its default, so that the file documents
 * everything and changes nothing. Removing the first `#` of a key's line, and of its parents' lines, sets the key.
 */
export function commentedConfig(flow: Flow): string {
  const lines = [
    '# steerflow.yaml: commented lines show the defaults; remove the first # of a line to set it.',
    '# Every key is also a STEERFLOW_* variable (`steerflow config show --variables`) and a flag: --set path=value.',
    ...keys(jsonSchemaOf(flow), '').map(line => (line === '#flow: ""' ? flowLine(flow) : line)),
    '',
    '## trainer of each dataset, and when its shards are cut',
    '#datasets:',
    '#  steerlm:',
    '#    # none: only snapshots',
    '#    trainer: nemo-aligner',
    '#    # exec: run it on this machine; render: only write its files',
    '#    launcher: render',
    '#    when: { records: 1, newSinceLast: 10000 }',
    '#    seal: { records: 10000, ageSeconds: 300 }',
  ]
  return `${lines.join('\n')}\n`
}

/** A custom flow is written as set, since the sections of its own stages are invalid without it. */
const flowLine = ({ origin }: Flow): string =>
  origin === '' ? '#flow: ""' : `flow: ${JSON.stringify(relative(process.cwd(), origin))}`

/**
 * @param hashes `#`, and one more around everything except the default: two forms of a key exclude each other, so removing
 * one `#` from each line must give the default and nothing else.
 */
function keys(schema: Schema, indent: string, hashes = '#'): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    if (typeof value !== 'object' || key === 'datasets') return []
    const about = (start: string) => `${start}${indent}# ${value.description ?? ''}`
    const gap = indent === '' ? [''] : []
    const section = (form: Schema, start: string) => [`${start}${indent}${key}:`, ...keys(form, `${indent}  `, start)]
    const [form, ...others] = formsOf(value)
    const more = `${hashes}#`
    if (form && value.default === undefined) return [...gap, about(more), ...section(form, more)]
    const isForm = typeof value.default === 'object' && form
    return [
      ...gap,
      about(hashes),
      ...(isForm ? section(form, hashes) : [`${hashes}${indent}${key}: ${example(value)}`]),
      ...(isForm ? others : formsOf(value)).flatMap(other => [
        `${more}${indent}# or, in its place (remove ${more.length} #):`,
        ...section(other, more),
      ]),
    ]
  })
}

/** The value after a key: its default, or else an example. */
const example = (schema: Schema): string =>
  JSON.stringify(
    schema.default === null
      ? null
      : (schema.default ?? schema.const ?? schema.enum?.[0] ?? schema.examples?.[0] ?? '…'),
  )
