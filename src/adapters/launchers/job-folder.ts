import { join } from 'node:path'
import { type JobEvent } from '../../domain/job.js'
import { type Rendered } from '../../trainers/trainer.js'
import { trainerNamed } from '../../trainers/trainers.js'
import { makeFolder, storing, writeDurably } from '../storage/durable.js'

/** The folder of a job below the storage root. */
export const jobFolder = (job: JobEvent): string => `jobs/${job.job}`

/** The folder of one attempt, below the storage root: its process, log and output. */
export const attemptFolder = (job: JobEvent): string => `${jobFolder(job)}/attempt-${job.attempt}`

/** A job as its trainer renders it, reading and writing below `root`. */
export const renderJob = (root: string, job: JobEvent, output: string): Rendered =>
  trainerNamed(job.trainer).render(job, {
    snapshot: join(root, job.snapshot.path),
    folder: join(root, jobFolder(job)),
    output: join(root, output),
  })

/** Writes the trainer's files and `job.json`: what was asked, and the decision behind it. Returns the folder. */
export async function writeJobFolder(root: string, job: JobEvent): Promise<string> {
  const folder = jobFolder(job)
  const { files, command } = renderJob(root, job, `${folder}/output`)
  const { job: name, dataset, trainer, launcher, settings, snapshot, decision } = job
  const asked = { job: name, dataset, trainer, launcher, settings, snapshot, decision, command }
  await storing(`write the files of ${job.job}`, async () => {
    await makeFolder(join(root, folder))
    for (const [file, text] of Object.entries(files)) await writeDurably(join(root, folder, file), text)
    await writeDurably(join(root, folder, 'job.json'), `${JSON.stringify(asked, null, 2)}\n`)
  })
  return folder
}
