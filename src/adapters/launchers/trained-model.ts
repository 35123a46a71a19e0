import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { SteerflowError } from '../../domain/errors.js'
import { type JobEvent } from '../../domain/job.js'
import { AttributeMetric, type TrainedModel } from '../../domain/model.js'
import { trainerNamed } from '../../trainers/trainers.js'
import { modelDigest } from './model-digest.js'

/** What of a trainer's figures goes into the registry. */
const Figures = z.looseObject({ metrics: z.array(AttributeMetric) })

/**
 * The model that a job left in its output folder (below the storage root).
 * @throws STEERFLOW_MODEL_INVALID when it is missing or its metrics do not fit.
 */
export async function readTrainedModel(root: string, job: JobEvent, output: string): Promise<TrainedModel> {
  const { role, result } = trainerNamed(job.trainer)
  try {
    if (result === null) throw new Error(`${job.trainer} leaves no model that we know`)
    const digest = await modelDigest(join(root, output, result.model), result.files)
    return {
      model: `${job.dataset}-${digest.slice(0, 12)}`,
      role,
      digest,
      path: join(output, result.model),
      kind: result.kind,
      attribute_set: job.snapshot.attribute_set,
      dataset: job.dataset,
      snapshot: job.snapshot.digest,
      job: job.job,
      metrics: result.metrics === null ? [] : await metricsOf(join(root, output, result.metrics)),
    }
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_MODEL_INVALID', `${job.job} left no usable model in ${output}`, { cause })
  }
}

const metricsOf = async (path: string): Promise<AttributeMetric[]> =>
  Figures.parse(JSON.parse(await readFile(path, 'utf8'))).metrics
