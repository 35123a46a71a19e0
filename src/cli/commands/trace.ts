import { join } from 'node:path'
import { jobStates } from '../../domain/job-states.js'
import { type Ancestry, ancestryOf } from '../../domain/lineage/ancestry.js'
import { jobs, models, sources } from '../../topics.js'
import { type Session, type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { table, thousands } from '../render/bars.js'
import { endingText, traceLines } from '../render/trace.js'
import { countAnnotated } from '../trace/count-annotated.js'
import { countSources } from '../trace/count-sources.js'
import { subjectOf } from '../trace/subject.js'
import { trace as find } from '../trace/trace.js'
import { decisionText } from '../training/datasets.js'
import { inWorkspace, type Workspace } from '../workspace.js'

type Flags = ConfigFlags & { readonly json?: true }

/** `trace ID`: from a record back to its source and forward to the models that learnt from it. */
export const trace: Verb = (program, session) => {
  const command = program
    .command('trace')
    .description('Where a record comes from and where it went: source, nodes, models, shards, snapshots, jobs.')
    .argument('<id>', 'steerflow.id of a record, FILE:LINE, or a model, job or snapshot')
    .option('--json', 'print JSON lines')
    .addHelpText(
      'after',
      '\nA line of a snapshot or shard is the record in it; a line of any other file is a line of a source. Of a model, a\n' +
        'job or a snapshot it tells what it came from. What has left the log is told from shards and snapshots.\n' +
        '\nExamples:\n  steerflow trace .steerflow/datasets/steerlm/latest/train.jsonl:12\n' +
        '  steerflow trace trees.jsonl:117\n  steerflow trace value-model-ed752cfd898e\n',
    )
  withConfig(command).action((id: string, flags: Flags) =>
    inWorkspace(configOf(flags), async workspace => {
      const ancestry = await ancestryIn(workspace, id)
      if (ancestry) return printAncestry(workspace, ancestry, flags, session)
      const { traces, endings, unreadable } = await find(workspace, await subjectOf(id))
      if (flags.json) {
        for (const one of traces) session.out(`${JSON.stringify(one)}\n`)
        for (const ending of endings) session.out(`${JSON.stringify({ ending })}\n`)
      } else {
        session.out(`${traces.map(one => traceLines(one).join('\n')).join('\n\n')}${traces.length > 0 ? '\n' : ''}`)
        for (const ending of endings) session.out(`${endingText(ending)}\n`)
        if (traces.length === 0 && endings.length === 0) session.out('taken in, and not worked on yet\n')
      }
      for (const reason of unreadable) session.err(`not looked into: ${reason}\n`)
    }),
  )
}

async function ancestryIn({ log }: Workspace, id: string): Promise<Ancestry | null> {
  const states = [...jobStates(await readTopic(log, jobs)).values()]
  return ancestryOf(id, states, await readTopic(log, models))
}

async function printAncestry(
  { log, root }: Workspace,
  { snapshot, jobs, models }: Ancestry,
  flags: Flags,
  session: Session,
): Promise<void> {
  const names = await readTopic(log, sources)
  const counted = [...(await countSources(join(root, snapshot.path)))].map(([source, records]) => ({
    source,
    names: [...new Set(names.filter(one => one.source === source).map(({ name }) => name))],
    records,
  }))
  const digests = models.map(({ digest }) => digest)
  const annotated = await countAnnotated(log, digests)
  if (flags.json) {
    const told = models.map(model => ({ ...model, annotated: annotated.get(model.digest) ?? 0 }))
    session.out(`${JSON.stringify({ snapshot, sources: counted, jobs, models: told })}\n`)
    return
  }
  const { path, train, validation } = snapshot
  const lines = [
    `snapshot ${path}: ${thousands(train)} train, ${thousands(validation)} validation`,
    ...jobs.map(({ job, state, decision }) => `job ${job} ${state}: ${decisionText({ decision, job })}`),
    ...models.map(({ model, digest, state }) => {
      const records = thousands(annotated.get(digest) ?? 0)
      return `model ${model} ${state}: ${digest}, has annotated ${records} records of the log`
    }),
    'sources',
    ...table(
      counted.map(one => [thousands(one.records), one.names.join(', ') || 'no name on record', one.source]),
      [1, 2],
    ).map(line => `  ${line}`),
  ]
  session.out(`${lines.join('\n')}\n`)
}
