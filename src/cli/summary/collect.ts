import { join } from 'node:path'
import { type JobEvent } from '../../domain/job.js'
import { jobStates } from '../../domain/job-states.js'
import { readRegistry } from '../../adapters/models/active-model.js'
import { readAll } from '../../runtime/read-all.js'
import { reader } from '../../stages/bind.js'
import { jobs, models } from '../../topics.js'
import { pipeline } from '../../pipeline.js'
import { attributeSetOf } from '../config.js'
import { type Workspace } from '../workspace.js'
import { summarizeAnnotated } from './annotated.js'
import { summarizeNodes } from './nodes.js'
import { type SourceSummary, type Summary } from './summary.js'

/** What only the run itself knows. */
export interface RunFacts {
  readonly seconds: number
  readonly changed: boolean
  readonly sources: readonly SourceSummary[]
  readonly next: readonly string[]
}

/** Reads a run's summary from the log: the same whatever was killed and repeated on the way. */
export async function collectSummary({ log, config }: Workspace, facts: RunFacts): Promise<Summary> {
  const events = await latestJobs(log)
  const active = (await readRegistry(log, models)).get('value')?.active
  const set = attributeSetOf(config)
  return {
    ...facts,
    nodes: await summarizeNodes(log, pipeline),
    ...(await summarizeAnnotated(log, set.attributes[0]!.key)),
    valueModel: active ? { model: active.model, digest: active.digest, metrics: active.metrics } : null,
    datasets: Object.fromEntries(
      events.map(({ dataset, snapshot: { path, train, validation } }) => [
        dataset,
        { path: join(config.dataDir, path), train, validation },
      ]),
    ),
    jobs: events.map(({ job, state, folder, detail }) => ({
      job,
      state,
      folder: folder && join(config.dataDir, folder),
      detail,
    })),
  }
}

/** The latest job of each dataset, in its present state. */
export async function latestJobs(log: Workspace['log']): Promise<readonly JobEvent[]> {
  const read = reader(jobs)
  const events: JobEvent[] = []
  for await (const record of readAll(log, jobs.name)) events.push(read(record.value))
  const latest = new Map([...jobStates(events).values()].map(job => [job.dataset, job]))
  return [...latest.values()]
}
