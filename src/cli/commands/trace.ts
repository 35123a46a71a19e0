import { join } from 'node:path'
import { fileLines } from '../../adapters/storage/shard-lines.js'
import type { Log } from '../../runtime/log.js'
import { readAll } from '../../runtime/read-all.js'
import { annotated, jobs, models, sources } from '../../topics.js'
import { below } from '../../adapters/storage/below.js'
import { jobStates } from '../../domain/job-states.js'
import { type Ancestry, ancestryOf } from '../../domain/lineage/ancestry.js'
import type { Session, Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { table, thousands } from '../render/bars.js'
import { endingText, traceLines } from '../render/trace.js'
import { subjectOf } from '../trace/subject.js'
import { trace as find } from '../trace/trace.js'
import { decisionText } from '../training/datasets.js'
import { lookInWorkspace, type Workspace } from '../workspace.js'

const mark = '"lineage": {"source": "'

/** Number of records of a snapshot by source digest; empty if the snapshot was removed. */
export async function countSources(folder: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const file of ['train.jsonl', 'validation.jsonl']) {
    try {
      for await (const batch of fileLines(join(folder, file))) {
        for (const text of batch) {
          // The last match: text of the conversation may contain the same words, but lineage follows it.
          const from = text.lastIndexOf(mark)
          if (from < 0) continue
          const source = text.slice(from + mark.length, text.indexOf('"', from + mark.length))
          counts.set(source, (counts.get(source) ?? 0) + 1)
        }
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return counts
}

/** Number of records in the log that each of these models annotated, by digest. Reads the whole topic. */
export async function countAnnotated(log: Log, digests: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map(digests.map(digest => [digest, 0]))
  if (digests.length === 0) return counts
  for await (const { value } of readAll(log, annotated.name)) {
    for (const digest of digests) {
      if (value.includes(`"value_model": "${digest}"`)) counts.set(digest, counts.get(digest)! + 1)
    }
  }
  return counts
}

type Flags = ConfigFlags & { readonly json?: true }

/** `trace ID`: from a record back to its source and forward to the models trained on it. */
export const trace: Verb = (program, session) => {
  const command = program
    .command('trace')
    .description('Trace a record to its source and onward to nodes, models, shards, snapshots and jobs.')
    .argument('<id>', 'steerflow.id of a record, FILE:LINE, or a model, job or snapshot')
    .option('--json', 'print JSON lines')
    .addHelpText(
      'after',
      '\nFILE:LINE is a record if FILE is a snapshot or shard, otherwise a line of a source. For a model, job or snapshot,\n' +
        'the command prints its origins. Records that have left the log are found in shards and snapshots.\n' +
        '\nExamples:\n  steerflow trace .steerflow/datasets/steerlm/latest/train.jsonl:12\n' +
        '  steerflow trace trees.jsonl:117\n  steerflow trace value-model-ed752cfd898e\n',
    )
  withConfig(command).action((id: string, flags: Flags) =>
    lookInWorkspace(configOf(flags), async workspace => {
      const ancestry = await ancestryIn(workspace, id)
      if (ancestry) return printAncestry(workspace, ancestry, flags, session)
      const { traces, endings, unreadable } = await find(workspace, await subjectOf(workspace, id))
      if (flags.json) {
        for (const one of traces) await session.json(one)
        for (const ending of endings) await session.json({ ending })
      } else {
        await session.out(
          `${traces.map(one => traceLines(one).join('\n')).join('\n\n')}${traces.length > 0 ? '\n' : ''}`,
        )
        for (const ending of endings) await session.out(`${endingText(ending)}\n`)
        if (traces.length === 0 && endings.length === 0) await session.out('ingested, not processed yet\n')
      }
      for (const reason of unreadable) session.err(`not searched: ${reason}\n`)
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
  const counted = [...(await countSources(below(root, snapshot.path)))].map(([source, records]) => ({
    source,
    names: [...new Set(names.filter(one => one.source === source).map(({ name }) => name))],
    records,
  }))
  const digests = models.map(({ digest }) => digest)
  const annotated = await countAnnotated(log, digests)
  if (flags.json) {
    const told = models.map(model => ({ ...model, annotated: annotated.get(model.digest) ?? 0 }))
    await session.json({ snapshot, sources: counted, jobs, models: told })
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
      counted.map(one => [thousands(one.records), one.names.join(', ') || 'name not recorded', one.source]),
      [1, 2],
    ).map(line => `  ${line}`),
  ]
  await session.out(`${lines.join('\n')}\n`)
}
