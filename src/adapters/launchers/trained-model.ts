import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../domain/digest.js'
import { fitsPieces } from '../../domain/pieces.js'
import type { TrainerResult, Trainer } from '../../trainers/trainer.js'
import { fileDigest } from '../files/spool.js'
import { z } from 'zod'
import { explain, SteerflowError } from '../../domain/errors.js'
import type { JobEvent } from '../../domain/job.js'
import { AttributeMetric, type TrainedModel } from '../../domain/model.js'
import { trainerNamed } from '../../trainers/trainers.js'
import type { JobEnd } from '../../stages/needs.js'
import { below } from '../storage/below.js'
import { readSmallJson } from '../storage/small-file.js'
import { outputFolder } from './job-folder.js'

/**
 * The digest of a model: for a file, its sha256; for a folder, the sha256 of the list of its files as `sha256sum` prints it,
 * sorted by name. Files that are not part of the model (logs, optimizer states) are ignored.
 * @throws if a file is missing
 */
export async function modelDigest(path: string, files: TrainerResult['files']): Promise<string> {
  if (files === undefined) return digestOf(path)
  const entries = await readdir(path, { withFileTypes: true })
  const names = entries.filter(entry => !entry.isDirectory()).map(({ name }) => name)
  const missing = files.required.find(pattern => !names.some(matching(pattern)))
  if (missing !== undefined) throw new Error(`there is no ${missing} in it`)
  const patterns = [...files.required, ...files.optional].map(matching)
  const lines: string[] = []
  for (const name of names.filter(name => patterns.some(matches => matches(name))).sort()) {
    lines.push(`${await digestOf(join(path, name))}  ${name}\n`)
  }
  return sha256(lines.join(''))
}

/** Only regular files: reading a pipe or device that somebody put there would never end. */
async function digestOf(path: string): Promise<string> {
  if (!(await stat(path)).isFile()) throw new Error(`${path} is not a regular file`)
  return fileDigest(path)
}

/** Tests names against a pattern in which `*` stands for any characters. */
const matching = (pattern: string): ((name: string) => boolean) => {
  const pieces = pattern.split('*')
  return name => fitsPieces(pieces, name, 0)
}

/** The part of a trainer's figures that goes into the registry. */
const Figures = z.looseObject({ metrics: z.array(AttributeMetric) })

/** A registry entry for a model, from the job that made it. */
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

/** The end of a job whose steps all succeeded: with the model in its output folder, if its trainer leaves a known one. */
export async function succeeded(root: string, job: JobEvent, trainers: readonly Trainer[]): Promise<JobEnd> {
  const trainer = trainerNamed(job.trainer, trainers)
  if (trainer.result === null) return { state: 'succeeded', model: null }
  try {
    return { state: 'succeeded', model: await readTrainedModel(root, job, trainer) }
  } catch (thrown) {
    return { state: 'failed', detail: explain(thrown) }
  }
}

/**
 * The model in a job's output folder.
 * @throws STEERFLOW_MODEL_INVALID if it is missing or its metrics are invalid
 */
async function readTrainedModel(root: string, job: JobEvent, { role, result }: Trainer): Promise<TrainedModel> {
  const output = outputFolder(job)
  try {
    if (result === null) throw new Error(`${job.trainer} leaves no known model`)
    const digest = await modelDigest(below(root, output, result.model), result.files)
    const metrics = result.metrics === null ? [] : await metricsOf(below(root, output, result.metrics))
    return trainedModel(job, { role, digest, path: join(output, result.model), kind: result.kind, metrics })
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_MODEL_INVALID', `${job.job} left no usable model in ${output}`, { cause })
  }
}

const metricsOf = async (path: string): Promise<AttributeMetric[]> => Figures.parse(await readSmallJson(path)).metrics
