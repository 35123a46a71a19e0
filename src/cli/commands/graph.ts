import type { Flow } from '../../flow.js'
import type { Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { table } from '../render/bars.js'

/** `graph`: the nodes and topics of the pipeline. */
export const graph: Verb = (program, session) => {
  const command = program
    .command('graph')
    .description('Show the nodes of the pipeline and the topics between them.')
    .option('--format <format>', 'output format: text, mermaid or json', 'text')
  withConfig(command).action(async (flags: ConfigFlags & { format: string }) => {
    const { flow } = configOf(flags)
    if (flags.format === 'json') await session.json(asJson(flow))
    else await session.out(`${(flags.format === 'mermaid' ? asMermaid(flow) : asText(flow)).join('\n')}\n`)
  })
}

const asJson = ({ nodes, topics }: Flow) => ({
  nodes: nodes.map(({ name, stage, from, to }) => ({
    node: name,
    stage: stage.name,
    summary: stage.summary,
    from: from.name,
    to: Object.fromEntries(Object.entries(to).map(([port, topic]) => [port, topic.name])),
  })),
  topics: topics.map(({ name, summary, partitions }) => ({ topic: name, summary, partitions })),
})

const asText = ({ nodes, topics }: Flow): string[] => [
  ...table(
    nodes.map(({ name, from, to }) => [
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

/** Lines of the pipeline as a Mermaid flow chart. */
export const asMermaid = ({ nodes }: Flow): string[] => [
  'flowchart LR',
  ...nodes.flatMap(({ name, from, to }) => [
    `  ${id(from.name)}([${from.name}]) --> ${id(name)}[${name}]`,
    ...Object.entries(to).map(([port, topic]) => `  ${id(name)} -- ${port} --> ${id(topic.name)}([${topic.name}])`),
  ]),
]

const id = (name: string): string => name.replace(/[^a-z]/g, '_')
