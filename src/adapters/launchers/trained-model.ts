import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { explain, SteerflowError } from '../../domain/errors.js'
import { type JobEvent } from '../../domain/job.js'
import { AttributeMetric, type TrainedModel } from '../../domain/model.js'
import { trainerNamed } from '../../trainers/trainers.js'
import { type JobEnd } from '../../stages/needs.js'
import { outputFolder } from './job-folder.js'
import { modelDigest } from './model-digest.js'

/** What of a trainer's figures goes into the registry. */
const Figures = z.looseObject({ metrics: z.array(AttributeMetric) })

/** A model as the registry keeps it, from what is known of the job that made it. */
export const trainedModel = (
  { dataset, snapshot, job }: JobEvent,
  made: Pick<TrainedModel, 'role' | 'digest' | 'path' | 'kind' | 'metrics'>,
): TrainedModel => ({
  model: `${dataset}-${made.digest.slice(0, 12)}`,
  role: made.role,
  digest: made.digest,
  path: made.path,
  kind: made.kind,
  attribute_set: snapshot.attribute_set,
  dataset,
  snapshot: snapshot.digest,
  job,
  metrics: made.metrics,
})

/** How a job ended whose steps all succeeded: with the model in its output folder, where its trainer leaves one that we know. */
export async function succeeded(root: string, job: JobEvent): Promise<JobEnd> {
  if (trainerNamed(job.trainer).result === null) return { state: 'succeeded', model: null }
  try {
    return { state: 'succeeded', model: await readTrainedModel(root, job, outputFolder(job)) }
  } catch (thrown) {
    return { state: 'failed', detail: explain(thrown) }
  }
}

/**
 * The model that a job left in its output folder (below the storage root).
 * @throws STEERFLOW_MODEL_INVALID when it is missing or its metrics do not fit.
 */
export async function readTrainedModel(root: string, job: JobEvent, output: string): Promise<TrainedModel> {
  const { role, result } = trainerNamed(job.trainer)
  try {
    if (result === null) throw new Error(`${job.trainer} leaves no model that we know`)
    const digest = await modelDigest(join(root, output, result.model), result.files)
    const metrics = result.metrics === null ? [] : await metricsOf(join(root, output, result.metrics))
    return trainedModel(job, { role, digest, path: join(output, result.model), kind: result.kind, metrics })
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_MODEL_INVALID', `${job.job} left no usable model in ${output}`, { cause })
  }
}

const metricsOf = async (path: string): Promise<AttributeMetric[]> =>
  Figures.parse(JSON.parse(await readFile(path, 'utf8'))).metrics
