import { z } from 'zod'
import { Config } from './config.js'

type Schema = z.core.JSONSchema.JSONSchema

/**
 * The configuration as a YAML file: every key with its description, commented out at its default, so that the file says
 * what there is and changes nothing. A key comes into force when the first `#` of its line, and of those it stands under,
 * is removed.
 */
export function commentedConfig(): string {
  const schema = z.toJSONSchema(Config, { io: 'input' })
  const lines = [
    '# steerflow.yaml: what is commented out is the default; remove the first # of a line to set it.',
    '# Every key is also a STEERFLOW_* variable (`steerflow config show --variables`) and a flag: --set path=value.',
    ...keys(schema, ''),
    '',
    '## what is trained on each dataset, and when its shards are cut',
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

function keys(schema: Schema, indent: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    if (typeof value !== 'object' || key === 'datasets') return []
    const about = [...(indent === '' ? [''] : []), `#${indent}# ${value.description ?? ''}`]
    return value.properties
      ? [...about, `#${indent}${key}:`, ...keys(value, `${indent}  `)]
      : [...about, `#${indent}${key}: ${JSON.stringify(value.default)}`]
  })
}
