import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { V1Pod } from '@kubernetes/client-node'
import { SteerflowError } from '../../../domain/errors.js'
import type { JobEvent } from '../../../domain/job.js'
import type { JobEnd, JobProgress, JobStart, LaunchingRunner } from '../../../stages/needs.js'
import type { Trainer } from '../../../trainers/trainer.js'
import { trainers as builtIn } from '../../../trainers/trainers.js'
import { below } from '../../storage/below.js'
import { exists, storing, writeDurably } from '../../storage/durable.js'
import { attemptName } from '../attempt-name.js'
import { attemptFiles } from '../exec/attempt.js'
import { instanceOf } from '../instance.js'
import { attemptFolder, jobFiles, outputFolder, renderJobAt, writeAttempt, writeJobFolder } from '../job-folder.js'
import { succeeded } from '../trained-model.js'
import { KubernetesApi, type ClusterJob } from './api.js'
import { type JobAttempt, attemptLabel, batchJob, configMap, filesPath, trainJob } from './manifest.js'
import type { KubernetesSettings } from './settings.js'

/**
 * Runs jobs on a Kubernetes cluster whose pods mount the data folder. An attempt and its object have the same name. The API
 * server accepts a name once: a second creation gets 409 and finds the object of the first.
 */
export class KubernetesRunner implements LaunchingRunner {
  readonly rendersOnly = false
  readonly host = hostname()
  #opening: Promise<KubernetesApi> | null = null

  constructor(
    private readonly root: string,
    private readonly settings: KubernetesSettings,
    private readonly trainers: readonly Trainer[] = builtIn,
  ) {}

  async render(job: JobEvent): Promise<string> {
    const folder = await writeJobFolder(this.root, job, this.trainers)
    const { object } = this.#manifests(await this.#attempt({ ...job, attempt: job.attempt + 1 }), job)
    const text = `${JSON.stringify(object, null, 2)}\n`
    await storing(`write the manifest of ${job.job} in ${below(this.root, folder)}`, () =>
      writeDurably(below(this.root, folder, 'manifest.json'), text),
    )
    return folder
  }

  async start(job: JobEvent): Promise<JobStart> {
    await writeAttempt(this.root, job, this.trainers, this.settings.dataPath)
    const attempt = await this.#attempt(job)
    const { object, files } = this.#manifests(attempt, job)
    const api = await this.#api()
    if (files !== null) await api.createFiles(files)
    const found = (await api.create(object)) ?? (await api.read(attempt.name))
    if (found === null) {
      // It existed a moment ago, so it was deleted; whether it ran is unknown.
      return { state: 'unknown', detail: `${attempt.name} existed but was deleted; if it did not run, retry it` }
    }
    if (found.metadata.labels[attemptLabel] !== attempt.name) {
      const why = `the namespace ${this.settings.namespace} has an object ${attempt.name} that belongs to another job`
      throw new SteerflowError('STEERFLOW_JOB_INVALID', why)
    }
    if (files !== null) await api.own(attempt.name, found.metadata.uid)
    return { state: 'launched', id: found.metadata.uid }
  }

  async next(job: JobEvent, signal: AbortSignal): Promise<JobProgress> {
    const name = await this.#name(job)
    const api = await this.#api()
    for (;;) {
      const found = await api.read(name)
      if (found === null) return this.#gone(job, name)
      if (job.launched_as && found.metadata.uid !== job.launched_as) {
        return { state: 'unknown', detail: `${name} is not the launched object: it was deleted and created again` }
      }
      const end = await this.#end(job, found, api, name)
      if (end !== null) return end
      if (job.state === 'launched' && !found.metadata.deletionTimestamp) {
        const pod = (await api.pods(name)).find(({ status }) => status?.phase === 'Running')
        if (pod) return { state: 'running', detail: `on ${pod.spec?.nodeName ?? 'a node'}` }
      }
      await sleep(this.settings.pollSeconds * 1000, undefined, { signal })
    }
  }

  async cancel(job: JobEvent): Promise<void> {
    const name = await this.#name(job)
    const marker = below(this.root, attemptFolder(job), attemptFiles.cancelled)
    await storing(`cancel ${job.job}`, () => writeDurably(marker, ''))
    if ((await (await this.#api()).delete(name)) === null) {
      throw new SteerflowError('STEERFLOW_USAGE', `there is no ${name} in ${this.settings.namespace}`)
    }
  }

  /** The end of an attempt according to its conditions; null if it has not ended. */
  async #end(job: JobEvent, { status }: ClusterJob, api: KubernetesApi, name: string): Promise<JobEnd | null> {
    const holding = (type: string) => status.conditions.find(found => found.type === type && found.status === 'True')
    if (holding('Complete')) return succeeded(this.root, job, this.trainers)
    const failed = holding('Failed')
    if (!failed) return null
    const why = [failed.reason, failed.message].filter(Boolean).join(': ')
    const pods = (await api.pods(name)).flatMap(reasonOf)
    return { state: 'failed', detail: [why, ...pods].filter(Boolean).join('; ') || 'it failed without a reason' }
  }

  async #gone(job: JobEvent, name: string): Promise<JobEnd> {
    const marker = below(this.root, attemptFolder(job), attemptFiles.cancelled)
    const wasAsked = await exists(marker)
    if (wasAsked) return { state: 'cancelled', detail: 'deleted' }
    const where = `the namespace ${this.settings.namespace}`
    return {
      state: 'unknown',
      detail: `${name} is not in ${where}: deleted, or removed after its retention time; see its output`,
    }
  }

  async #attempt(job: JobEvent): Promise<JobAttempt> {
    const { settings } = this
    // A Job mounts its files separately; the pods of a TrainJob find them in the data folder.
    const folder = settings.kind === 'Job' ? filesPath : below(settings.dataPath, attemptFolder(job))
    const rendered = renderJobAt(settings.dataPath, job, this.trainers, {
      folder,
      output: below(settings.dataPath, outputFolder(job)),
    })
    return { name: await this.#name(job), job, rendered, settings }
  }

  #manifests(attempt: JobAttempt, job: JobEvent) {
    const { kind, dataPath } = this.settings
    return kind === 'Job'
      ? { object: batchJob(attempt), files: configMap(attempt, jobFiles(job, attempt.rendered)) }
      : { object: trainJob(attempt, below(dataPath, attemptFolder(attempt.job))), files: null }
  }

  #name = async (job: JobEvent): Promise<string> => attemptName(job, await instanceOf(this.root))

  #api(): Promise<KubernetesApi> {
    this.#opening ??= KubernetesApi.open(this.settings).catch((error: unknown) => {
      this.#opening = null
      throw error
    })
    return this.#opening
  }
}

/** Why a pod ended: Evicted, OOMKilled, an exit code. */
function reasonOf({ metadata, status }: V1Pod): string[] {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
  const ended = containers.flatMap(({ name, state }) => {
    const { reason, exitCode } = state?.terminated ?? {}
    return exitCode === undefined || exitCode === 0 ? [] : [`${name}: ${reason ?? 'ended'} with ${exitCode}`]
  })
  const why = status?.reason === undefined ? [] : [`${status.reason}: ${status.message ?? ''}`.replace(/: $/, '')]
  return [...why, ...ended].map(text => `${metadata?.name ?? 'pod'} ${text}`)
}
