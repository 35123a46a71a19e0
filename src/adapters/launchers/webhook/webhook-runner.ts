import { fileURLToPath, pathToFileURL } from 'node:url'
import { isPathBelow, ForeignId } from '../../../domain/names.js'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { explain, SteerflowError } from '../../../domain/errors.js'
import type { JobEvent } from '../../../domain/job.js'
import { parseOrUndefined } from '../../../domain/json/json.js'
import type { JobEnd, JobProgress, JobStart, LaunchingRunner } from '../../../stages/needs.js'
import type { Trainer } from '../../../trainers/trainer.js'
import { trainerNamed, trainers as builtIn } from '../../../trainers/trainers.js'
import { below } from '../../storage/below.js'
import { storing, writeDurably } from '../../storage/durable.js'
import { attemptName } from '../attempt-name.js'
import { instanceOf } from '../instance.js'
import { attemptFolder, outputFolder, writeAttempt, writeJobFolder } from '../job-folder.js'
import { succeeded, trainedModel } from '../trained-model.js'
import { callbackPath, requestFile } from './listener.js'
import { type WebhookAnswer, send } from './post.js'
import { isEnd, JobReport } from './report.js'
import { keepReport, lastReport } from './reports.js'
import type { WebhookSettings } from './settings.js'
import { readSecret } from './signature.js'

/**
 * The location of a model that the other system gives as a URI: a path below the data folder, whose own URI is `base`, or
 * the URI itself. A URI that leads out of the data folder in any spelling (`..`, `%2e%2e`) stays a URI.
 */
export function placeOf(base: string, uri: string): string {
  if (!uri.startsWith(`${base}/`)) return uri
  const path = uri.startsWith('file:') ? pathOfFile(base, uri) : uri.slice(base.length + 1)
  return path !== null && isPathBelow(path) ? path : uri
}

/** The path of a file URI relative to another; null if it leads out, or is not a path of this machine. */
function pathOfFile(base: string, uri: string): string | null {
  try {
    const [root, path] = [fileURLToPath(base), fileURLToPath(uri)]
    return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : null
  } catch {
    return null
  }
}

const Accepted = z.looseObject({ id: ForeignId.min(1).max(200) })

/** Polling interval of the stored reports, in milliseconds. */
const lookMs = 500

/**
 * Sends jobs to your own system: a signed request with the attempt's name as Idempotency-Key, which is safe to repeat if
 * delivery is uncertain. The other system reports the result by callback, or when polled.
 */
export class WebhookRunner implements LaunchingRunner {
  readonly rendersOnly = false
  readonly host = hostname()

  constructor(
    private readonly root: string,
    private readonly settings: WebhookSettings,
    private readonly trainers: readonly Trainer[] = builtIn,
  ) {}

  async render(job: JobEvent): Promise<string> {
    this.#configured()
    return writeJobFolder(this.root, job, this.trainers)
  }

  async start(job: JobEvent): Promise<JobStart> {
    const url = this.#configured()
    const key = await this.#key(job)
    const rendered = await writeAttempt(this.root, job, this.trainers)
    const body = JSON.stringify({
      type: 'steerflow.job.start',
      key,
      job: job.job,
      attempt: job.attempt,
      dataset: job.dataset,
      trainer: job.trainer,
      settings: job.settings,
      snapshot: { ...job.snapshot, uri: this.#uri(job.snapshot.path) },
      decision: job.decision,
      ...rendered,
      folder: this.#uri(attemptFolder(job)),
      output: this.#uri(outputFolder(job)),
      callback: this.#callback(job),
    })
    const file = below(this.root, attemptFolder(job), requestFile)
    await storing(`keep the request of ${job.job} in ${file}`, () => writeDurably(file, body))
    const answer = await this.#send(url, key, body)
    // 409: the job is already known under its key.
    if (answer.status === 409) return { state: 'launched', id: key }
    if (answer.status >= 200 && answer.status < 300) {
      const accepted = Accepted.safeParse(parseOrUndefined(answer.text))
      const id = accepted.success ? accepted.data.id : key
      // An id that contains a secret is not stored.
      return { state: 'launched', id: answer.quoted(id) === id ? id : key }
    }
    throw new SteerflowError('STEERFLOW_JOB_INVALID', `the webhook rejected it: ${said(answer)}`)
  }

  async next(job: JobEvent, signal: AbortSignal): Promise<JobProgress> {
    const folder = below(this.root, attemptFolder(job))
    let askAt = -Infinity
    for (;;) {
      const report = await lastReport(folder).catch(explain)
      if (typeof report === 'string') return { state: 'unknown', detail: `its reports cannot be read: ${report}` }
      if (report !== null && isEnd(report)) return this.#judge(job, report)
      if (report?.state === 'running' && job.state === 'launched') return { state: 'running', detail: report.detail }
      if (this.settings.statusUrl !== '' && performance.now() >= askAt) {
        const asked = await this.#ask(job, signal)
        if (typeof asked === 'string') return { state: 'unknown', detail: asked }
        await keepReport(folder, asked)
        askAt = performance.now() + this.settings.pollSeconds * 1000
      } else await sleep(Math.min(lookMs, this.settings.pollSeconds * 1000), undefined, { signal })
    }
  }

  async cancel(job: JobEvent): Promise<void> {
    const name = await this.#key(job)
    const body = JSON.stringify({ type: 'steerflow.job.cancel', key: name, job: job.job, attempt: job.attempt })
    const answer = await this.#send(this.#configured(), `${name}-cancel`, body)
    if (answer.status >= 200 && answer.status < 300) return
    throw new SteerflowError('STEERFLOW_USAGE', `the webhook did not cancel it: ${said(answer)}`)
  }

  /** The job's status at the other system; a string is the cause why it cannot be read. */
  async #ask(job: JobEvent, signal: AbortSignal): Promise<JobReport | string> {
    const name = await this.#key(job)
    const url = this.settings.statusUrl.replaceAll('{job}', encodeURIComponent(name)).replaceAll('%7Bjob%7D', name)
    const secret = await readSecret(this.settings)
    const timeoutMs = this.settings.timeoutSeconds * 1000
    const answer = await send({ url, method: 'GET', key: name, body: '', secret, timeoutMs }, signal)
    const report = JobReport.safeParse(parseOrUndefined(answer.text))
    if (answer.status === 200 && report.success) {
      const { detail, ...rest } = report.data
      return { ...rest, detail: detail === null ? null : answer.quoted(detail) }
    }
    return `its status cannot be read, see ${name} there: ${said(answer)}`
  }

  async #judge(job: JobEvent, { state, detail, model }: JobReport): Promise<JobEnd> {
    if (state === 'failed') return { state, detail: detail ?? 'the webhook gave no reason' }
    if (state === 'cancelled') return { state, detail: detail ?? 'cancelled at the webhook' }
    if (model === null) return succeeded(this.root, job, this.trainers)
    const { result, role } = trainerNamed(job.trainer, this.trainers)
    const { digest, uri, kind = result?.kind ?? 'remote', metrics } = model
    return { state: 'succeeded', model: trainedModel(job, { role, digest, path: this.#path(uri), kind, metrics }) }
  }

  async #send(url: string, key: string, body: string): Promise<WebhookAnswer> {
    const secret = await readSecret(this.settings)
    return send({ url, method: 'POST', key, body, secret, timeoutMs: this.settings.timeoutSeconds * 1000 })
  }

  /**
   * The URL to post jobs to. @throws STEERFLOW_JOB_INVALID if it is not set, or if there is no way to learn of a job's end
   */
  #configured(): string {
    const { url, statusUrl, callback } = this.settings
    if (url === '') throw new SteerflowError('STEERFLOW_JOB_INVALID', 'launchers.webhook.url is not set')
    if (statusUrl !== '' || callback.url !== '') return url
    throw new SteerflowError('STEERFLOW_JOB_INVALID', 'launchers.webhook needs callback.url or statusUrl')
  }

  #callback({ job, attempt }: JobEvent): string | null {
    const { url } = this.settings.callback
    return url === '' ? null : url.replace(/\/$/, '') + callbackPath(job, attempt)
  }

  get #base(): string {
    return (this.settings.dataUri || pathToFileURL(this.root).href).replace(/\/$/, '')
  }

  #uri = (path: string): string => `${this.#base}/${path}`

  /** A model below the data folder by its path, any other by its URI. */
  #path = (uri: string): string => placeOf(this.#base, uri)

  #key = async (job: JobEvent): Promise<string> => attemptName(job, await instanceOf(this.root))
}

// Secrets are removed before shortening, since half a secret is not recognised.
const said = ({ status, text, quoted }: WebhookAnswer): string =>
  `status ${status}: ${quoted(text).replace(/\s+/g, ' ').trim().slice(0, 300)}`
