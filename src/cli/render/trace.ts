import type { Ending, KnownModel, Trace } from '../../domain/lineage/trace.js'
import { oneLine, table } from './bars.js'

const short = (digest: string): string => digest.slice(0, 12)

const modelText = ({ digest, model, state, job, snapshot }: KnownModel): string =>
  model === null
    ? `${short(digest)}, unknown to the registry`
    : [`${model} (${state})`, job && `made by ${job}`, snapshot && `from snapshot ${short(snapshot)}`]
        .filter(Boolean)
        .join(', ')

export const endingText = ({ kind, node, reason, detail, place, at, replayed }: Ending): string =>
  `${kind === 'dropped' ? 'dropped by' : 'rejected by'} ${node}: ${reason}, ${oneLine(detail, 160)} (${place}, ${at}${replayed ? ', replayed since' : ''})`

/** A trace as text, from the source to the models trained on it. */
export function traceLines(trace: Trace): readonly string[] {
  const { source, configuration } = trace
  const name = source.names.length > 0 ? source.names.join(', ') : 'a source without a recorded name'
  const facts = [
    ['record', trace.id],
    ['tree', trace.tree_id],
    ['is', `${trace.type}, ${trace.split} by ${trace.split_rule}`],
    ['source', `${name}, ${source.line > 0 ? `line ${source.line}` : 'no lines'} (${trace.origin})`],
    ['', source.digest],
    [
      'options',
      `${short(configuration.digest)}: ${configuration.present ? 'as preprocess has them in the current configuration' : 'not as preprocess has them in the current configuration'}`,
    ],
    ...trace.changes.map(({ stage, options, parent }) => [
      'changed by',
      `${stage} with options ${short(options)}; it was ${short(parent)} before`,
    ]),
    ...trace.models.map(model => ['labelled by', modelText(model)]),
  ]
  const hops = trace.hops.map(({ topic, partition, offset, node, at, readers }) => [
    node,
    `→ ${topic}/${partition}@${offset}`,
    at,
    readers.map(reader => `${reader.node} ${reader.done ? 'has read it' : 'has not read it'}`).join(', '),
  ])
  const shards = trace.shards.map(({ path, line, dataset, version, live, from, to }) => [
    `${path}:${line}`,
    `${dataset} version ${version}${live ? '' : ', replaced'}, offsets [${from}, ${to})`,
  ])
  const snapshots = trace.snapshots.map(({ dataset, path, at }) => [
    at ? `${path}/${at.file}:${at.line}` : path,
    at ? dataset : `${dataset}, excluded: superseded, a duplicate, or forgotten`,
  ])
  const jobs = trace.jobs.map(({ job, state }) => [job, state])
  return [
    ...table(facts, [0, 1]),
    ...section('path', hops, 'no longer in the log'),
    ...trace.endings.map(ending => `  ${endingText(ending)}`),
    ...section('shards', shards, 'not sealed'),
    ...section('snapshots', snapshots, 'in none'),
    ...section('jobs', jobs, 'none'),
    ...section('trained', trace.learnt.map(model => [modelText(model)]), 'no model'), // prettier-ignore
  ]
}

const section = (title: string, rows: readonly (readonly string[])[], none: string): readonly string[] => [
  title,
  ...(rows.length > 0 ? table(rows, [0, 1, 2, 3]) : [none]).map(line => `  ${line}`),
]
