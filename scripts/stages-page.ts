import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import { z } from 'zod'
import { pipeline, stages } from '../src/pipeline.js'
import type { StageDeclaration } from '../src/stages/node.js'

type Schema = z.core.JSONSchema.JSONSchema

/** The page's name of a record. */
const titleOf = (record: z.ZodObject): string => z.toJSONSchema(record).title ?? 'object'

/** One row an option; those of an option that is an object itself are spelled `outer.inner`. */
function optionRows(schema: Schema, path = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    if (typeof value !== 'object') return []
    if (value.properties) return optionRows(value, `${path}${key}.`)
    const preset = JSON.stringify(value.default) ?? '(required)'
    return [`| \`${path}${key}\` | \`${preset.replaceAll('|', '\\|')}\` | ${value.description ?? ''} |`]
  })
}

function options({ options }: StageDeclaration): string[] {
  const rows = optionRows(z.toJSONSchema(options, { io: 'input' }))
  if (rows.length === 0) return ['It has no options.', '']
  return ['| option | default | what it means |', '|---|---|---|', ...rows, '']
}

const block = (value: unknown): string => `\`\`\`yaml\n${stringify(value, { lineWidth: 0 }).trimEnd()}\n\`\`\``

function examples({ examples }: StageDeclaration): string[] {
  return examples.flatMap(({ title, given, options, expect }) => [
    `#### ${title}`,
    '',
    block(options === undefined ? { given } : { options, given }),
    '',
    ...expect.flatMap(({ to, value }) =>
      isDeepStrictEqual(value, given)
        ? [`→ \`${to}\`: the unchanged record`, '']
        : [`→ \`${to}\``, '', block(value), ''],
    ),
    ...(expect.length === 0 ? ['→ nothing', ''] : []),
  ])
}

const howItGathers: Readonly<Record<StageDeclaration['kind'], string>> = {
  each: '`each`: turns one record into outputs',
  closing: '`closingFold`: writes its outputs when a group of records closes',
  lasting: '`lastingFold`: keeps a state for each key, rebuilt at every start',
}

function section(stage: StageDeclaration): string[] {
  const nodes = pipeline.filter(node => node.stage.name === stage.name).map(node => `\`${node.name}\``)
  const ports = Object.entries(stage.ports).map(([port, record]) => `\`${port}\` (${titleOf(record)})`)
  return [
    `## ${stage.name}`,
    '',
    stage.summary,
    '',
    `- ${howItGathers[stage.kind]}`,
    ...(stage.needs.length > 0 ? [`- needs: ${stage.needs.map(need => `\`${need}\``).join(', ')}`] : []),
    `- input: ${titleOf(stage.input)}; ports: ${ports.join(', ')}`,
    `- nodes: ${nodes.join(', ') || 'one for each model, on demand: `steerflow relabel`'}`,
    '',
    ...options(stage),
    ...examples(stage),
  ]
}

/** docs/stages.md: every stage with its options, ports and worked examples. */
export const stagesPage = (header: string): string =>
  [
    '# Stages',
    '',
    `<!-- ${header} -->`,
    '',
    'Each stage is declared in `src/stages/<name>.ts` and connected to topics in `src/pipeline.ts`. Its options are in the',
    'section of `steerflow.yaml` with the name of the stage (for seal and trigger under `datasets.<name>`). A test executes',
    'the examples: [examples.test.ts](../test/stages/examples.test.ts).',
    '',
    ...stages.flatMap(section),
  ].join('\n')
