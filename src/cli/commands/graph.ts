import { pipeline } from '../../pipeline.js'
import { topics } from '../../topics.js'
import { type Verb } from '../command.js'
import { table } from '../render/bars.js'

/** `graph`: the nodes and topics of the pipeline. */
export const graph: Verb = (program, session) => {
  program
    .command('graph')
    .description('Show the nodes of the pipeline and the topics between them.')
    .option('--format <format>', 'text, mermaid or json', 'text')
    .action(({ format }: { format: string }) => {
      if (format === 'json') session.out(`${JSON.stringify(asJson())}\n`)
      else session.out(`${(format === 'mermaid' ? asMermaid() : asText()).join('\n')}\n`)
    })
}

const asJson = () => ({
  nodes: pipeline.map(({ name, stage, summary, from, to }) => ({
    node: name,
    stage,
    summary,
    from: from.name,
    to: Object.fromEntries(Object.entries(to).map(([port, topic]) => [port, topic.name])),
  })),
  topics: topics.map(({ name, summary, partitions }) => ({ topic: name, summary, partitions })),
})

const asText = (): string[] => [
  ...table(
    pipeline.map(({ name, from, to }) => [
      name,
      from.name,
      Object.entries(to)
        .map(([port, topic]) => `${port} → ${topic.name}`)
        .join(', '),
    ]),
    [0, 1, 2],
  ),
  '',
  ...table(
    topics.map(({ name, summary }) => [name, summary]),
    [0, 1],
  ),
]

/** The pipeline as a Mermaid flow chart, line by line. */
export const asMermaid = (): string[] => [
  'flowchart LR',
  ...pipeline.flatMap(({ name, from, to }) => [
    `  ${id(from.name)}([${from.name}]) --> ${id(name)}[${name}]`,
    ...Object.entries(to).map(([port, topic]) => `  ${id(name)} -- ${port} --> ${id(topic.name)}([${topic.name}])`),
  ]),
]

const id = (name: string): string => name.replace(/[^a-z]/g, '_')
