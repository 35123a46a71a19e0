import { join } from 'node:path'
import type { JobEvent } from '../../domain/job.js'
import type { Rendered, Trainer } from '../../trainers/trainer.js'
import { trainerNamed } from '../../trainers/trainers.js'
import { below, solidBelow } from '../storage/below.js'
import { makeFolder, storing, writeDurably } from '../storage/durable.js'

/** The folder of a job below the storage root. */
export const jobFolder = (job: JobEvent): string => `jobs/${job.job}`

/** The folder of one attempt, below the storage root: its files, process, log and output. */
export const attemptFolder = (job: JobEvent): string => `${jobFolder(job)}/attempt-${job.attempt}`

/** The output folder of an attempt, below the storage root. */
export const outputFolder = (job: JobEvent): string => `${attemptFolder(job)}/output`

/**
 * A job as its trainer renders it.
 * @param root the storage root as the job sees it
 * @param folder the folder of the job's files, below the root; output goes to its subfolder `output`
 */
export const renderJob = (root: string, job: JobEvent, folder: string, trainers: readonly Trainer[]): Rendered =>
  renderJobAt(root, job, trainers, { folder: below(root, folder), output: below(root, folder, 'output') })

/** A job as its trainer renders it, with absolute folders for files and output as the job sees them. */
export const renderJobAt = (
  root: string,
  job: JobEvent,
  trainers: readonly Trainer[],
  places: { readonly folder: string; readonly output: string },
): Rendered =>
  trainerNamed(job.trainer, trainers).render(job, { root, snapshot: below(root, job.snapshot.path), ...places })

/** The files of a job: the trainer's, and `job.json` with the request and its reasons. */
export function jobFiles(job: JobEvent, { files, steps, env = {} }: Rendered): Readonly<Record<string, string>> {
  const { job: name, dataset, trainer, launcher, settings, snapshot, decision } = job
  const asked = { job: name, dataset, trainer, launcher, settings, snapshot, decision, steps, env }
  return { ...files, 'job.json': `${JSON.stringify(asked, null, 2)}\n` }
}

/** Writes the files of a job into a folder below the storage root; deterministic for a job. */
export async function writeJobFiles(
  root: string,
  job: JobEvent,
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await storing(`write the files of ${job.job} in ${below(root, folder)}`, async () => {
    const place = await solidBelow(root, folder)
    await makeFolder(place)
    for (const [file, text] of Object.entries(files)) await writeDurably(join(place, file), text)
  })
}

/** Writes a job to inspect it or to run it by hand. Returns the folder. */
export async function writeJobFolder(root: string, job: JobEvent, trainers: readonly Trainer[]): Promise<string> {
  const folder = jobFolder(job)
  await writeJobFiles(root, job, folder, jobFiles(job, renderJob(root, job, folder, trainers)))
  return folder
}

/**
 * Creates the folder of an attempt with its files and an empty output folder.
 * @param seenAs the storage root as the job sees it, if the path differs
 */
export async function writeAttempt(
  root: string,
  job: JobEvent,
  trainers: readonly Trainer[],
  seenAs = root,
): Promise<Rendered> {
  const folder = attemptFolder(job)
  const rendered = renderJob(seenAs, job, folder, trainers)
  await writeJobFiles(root, job, folder, jobFiles(job, rendered))
  await storing(`make the output folder of ${job.job} in ${root}`, async () =>
    makeFolder(await solidBelow(root, outputFolder(job))),
  )
  return rendered
}
