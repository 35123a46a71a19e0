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

/** Where an attempt writes what it makes, below the storage root. */
export const outputFolder = (job: JobEvent): string => `${attemptFolder(job)}/output`

/**
 * A job as its trainer renders it.
 * @param root the storage root as the job sees it
 * @param folder the job's files, below it; its output goes to `output` there
 */
export const renderJob = (root: string, job: JobEvent, folder: string, trainers: readonly Trainer[]): Rendered =>
  renderJobAt(root, job, trainers, { folder: below(root, folder), output: below(root, folder, 'output') })

/** A job as its trainer renders it, with these absolute folders for its files and its output, as the job sees them. */
export const renderJobAt = (
  root: string,
  job: JobEvent,
  trainers: readonly Trainer[],
  places: { readonly folder: string; readonly output: string },
): Rendered =>
  trainerNamed(job.trainer, trainers).render(job, { root, snapshot: below(root, job.snapshot.path), ...places })

/** The files of a job: the trainer's, and `job.json`, which says what was asked and why. */
export function jobFiles(job: JobEvent, { files, steps, env = {} }: Rendered): Readonly<Record<string, string>> {
  const { job: name, dataset, trainer, launcher, settings, snapshot, decision } = job
  const asked = { job: name, dataset, trainer, launcher, settings, snapshot, decision, steps, env }
  return { ...files, 'job.json': `${JSON.stringify(asked, null, 2)}\n` }
}

/** Writes the files of a job into a folder below the storage root; the same job writes the same. */
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

/** Writes a job for whoever looks at it or runs it by hand. Returns the folder. */
export async function writeJobFolder(root: string, job: JobEvent, trainers: readonly Trainer[]): Promise<string> {
  const folder = jobFolder(job)
  await writeJobFiles(root, job, folder, jobFiles(job, renderJob(root, job, folder, trainers)))
  return folder
}

/**
 * Makes the folder of an attempt, with its files and an empty folder for its output.
 * @param seenAs the storage root as the job sees it, where that is another path than here
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
