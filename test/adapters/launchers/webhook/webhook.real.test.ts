import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { attemptName } from '../../../../src/adapters/launchers/attempt-name.js'
import { instanceOf } from '../../../../src/adapters/launchers/instance.js'
import { callbackPath, startCallbackListener } from '../../../../src/adapters/launchers/webhook/listener.js'
import { WebhookSettings } from '../../../../src/adapters/launchers/webhook/settings.js'
import { signed, whyUnsigned } from '../../../../src/adapters/launchers/webhook/signature.js'
import { WebhookRunner } from '../../../../src/adapters/launchers/webhook/webhook-runner.js'
import { sha256 } from '../../../../src/domain/digest.js'
import type { JobEvent } from '../../../../src/domain/job.js'
import { killedAtBeside } from '../../../support/killed-at.js'
import { temporaryFolder } from '../../../support/temporary.js'
import { job as anyJob, metric, snapshot } from '../../../support/training.js'

const secret = Buffer.from('the secret of the tests')

interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
type Reply = { readonly status: number; readonly body?: object; readonly headers?: Record<string, string> } | 'hang up'

/** Listens and replies as told, the last reply again and again; starts a job once for each Idempotency-Key. */
async function receiver(...replies: Reply[]) {
  const received: Received[] = []
  const started = new Set<string>()
  const server: Server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      received.push({ method: request.method!, path: request.url!, headers: request.headers, body })
      started.add(String(request.headers['idempotency-key']))
      const reply = replies.length > 1 ? replies.shift()! : replies[0]!
      if (reply === 'hang up') request.socket.destroy()
      else response.writeHead(reply.status, reply.headers).end(reply.body && JSON.stringify(reply.body))
    })
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { received, started, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A data folder, a listener for reports, and a job about to be posted to a receiver that replies so. */
async function prepared(replies: Reply[] = [{ status: 202 }], given: Record<string, unknown> = {}) {
  const root = await temporaryFolder()
  const secretFile = join(root, 'secret')
  await writeFile(secretFile, secret)
  const hook = await receiver(...replies)
  const settings = WebhookSettings.parse({
    url: `${hook.url}/train`,
    secretFile,
    pollSeconds: 0.05,
    callback: { url: 'https://steerflow.example', port: 0 },
    ...given,
  })
  const listener = await startCallbackListener(root, settings)
  onTestFinished(() => listener.close())
  const job = anyJob({ state: 'launching', attempt: 1, host: hostname(), launcher: 'webhook' })
  await writeFile(join(root, 'job.json'), JSON.stringify({ job, settings }))
  const runner = new WebhookRunner(root, settings)
  const launched: JobEvent = { ...job, state: 'launched' }
  const folder = join(root, 'jobs', job.job, 'attempt-1')
  /** Reports as the other system does; `tampered` changes the message after it was signed. */
  const report = async (body: object, how: { id?: string; at?: number; tampered?: string; headers?: object } = {}) => {
    const text = JSON.stringify(body)
    const headers = signed(secret, how.id ?? `${job.job}/1/x`, text, how.at ?? Date.now())
    const response = await fetch(`http://127.0.0.1:${listener.port}${callbackPath(job.job, 1)}`, {
      method: 'POST',
      headers: { ...headers, ...how.headers },
      body: how.tampered ?? text,
    })
    return { status: response.status, body: (await response.json()) as { state?: string; error?: string } }
  }
  return { root, hook, settings, listener, job, launched, runner, report, folder }
}

const patience = () => AbortSignal.timeout(30_000)

describe('a job that is posted', () => {
  it('carries everything, signed, under the name of its attempt', async () => {
    const { root, hook, job, runner } = await prepared([{ status: 202, body: { id: 'run-7' } }], {
      dataUri: 's3://bucket/data/',
    })
    expect(await runner.start(job)).toEqual({ state: 'launched', id: 'run-7' })
    const [{ headers, body, path }] = hook.received as [Received]
    expect(path).toBe('/train')
    expect(headers['idempotency-key']).toBe(attemptName(job, await instanceOf(root)))
    expect(whyUnsigned(secret, headers, body, { now: Date.now(), toleranceMs: 5000 })).toBeNull()
    expect(JSON.parse(body)).toMatchObject({
      type: 'steerflow.job.start',
      job: job.job,
      attempt: 1,
      snapshot: { digest: snapshot.digest, uri: `s3://bucket/data/${snapshot.path}` },
      output: `s3://bucket/data/jobs/${job.job}/attempt-1/output`,
      callback: `https://steerflow.example/v1/jobs/${job.job}/1`,
      steps: [expect.arrayContaining(['steerflow', '--snapshot', join(root, snapshot.path)])],
    })
  })

  it('is sent again, under the same key, until it is taken', async () => {
    const again: Reply = { status: 429, headers: { 'retry-after': '1' } }
    const { hook, job, runner } = await prepared(['hang up', again, { status: 503 }, { status: 200 }])
    const begun = Date.now()
    expect(await runner.start(job)).toMatchObject({ state: 'launched' })
    expect(hook.received).toHaveLength(4)
    expect(hook.started.size).toBe(1)
    expect(Date.now() - begun).toBeGreaterThan(6000)
  })

  it('is left to the runtime to try again when nobody answers', async () => {
    const { job, runner } = await prepared([{ status: 500 }])
    await expect(runner.start(job)).rejects.toMatchObject({ code: 'STEERFLOW_LAUNCHER_UNAVAILABLE' })
  })

  it('fails with the reason when it is refused, and is not sent again', async () => {
    const { hook, job, runner } = await prepared([{ status: 422, body: { error: 'no such dataset' } }])
    await expect(runner.start(job)).rejects.toMatchObject({
      code: 'STEERFLOW_JOB_INVALID',
      message: 'the webhook rejected it: status 422: {"error":"no such dataset"}',
    })
    expect(hook.received).toHaveLength(1)
  })

  it('is not sent elsewhere by a redirect', async () => {
    const { hook, job, runner } = await prepared([{ status: 307, headers: { location: 'http://127.0.0.1:9/' } }])
    await expect(runner.start(job)).rejects.toMatchObject({ code: 'STEERFLOW_JOB_INVALID' })
    expect(hook.received).toHaveLength(1)
  })

  it('needs a place to be posted to and a way to learn of its end', async () => {
    for (const settings of [{ url: '' }, { callback: { port: 0 } }]) {
      const { job, runner } = await prepared([{ status: 200 }], settings)
      await expect(runner.render(job)).rejects.toMatchObject({ code: 'STEERFLOW_JOB_INVALID' })
    }
  })

  it('leaves the secret nowhere', async () => {
    const { root, job, runner, hook } = await prepared([{ status: 422 }])
    const error: unknown = await runner.start(job).catch((thrown: unknown) => thrown)
    const files = await readdir(join(root, 'jobs'), { recursive: true, withFileTypes: true })
    const texts = await Promise.all(
      files.filter(file => file.isFile()).map(file => readFile(join(file.parentPath, file.name), 'utf8')),
    )
    expect([...texts, hook.received[0]!.body, String(error)].join()).not.toContain(String(secret))
  })
})

describe('what is reported of a job', () => {
  const model = { uri: 's3://models/m', digest: sha256('m'), kind: 'hf', metrics: [metric(0.5)] }

  it('moves it from running to a model elsewhere', async () => {
    const { job, launched, runner, report } = await prepared()
    await runner.start(job)
    expect(await report({ state: 'running', detail: 'on 8 GPUs' })).toEqual({ status: 200, body: { state: 'running' } })
    expect(await runner.next(launched, patience())).toEqual({ state: 'running', detail: 'on 8 GPUs' })
    expect((await report({ state: 'succeeded', model })).status).toBe(200)
    expect(await runner.next({ ...launched, state: 'running' }, patience())).toMatchObject({
      state: 'succeeded',
      model: {
        model: `value-model-${model.digest.slice(0, 12)}`,
        path: 's3://models/m',
        kind: 'hf',
        metrics: [metric(0.5)],
      },
    })
  })

  it('finds the model in the output folder where the report names none', async () => {
    const { job, launched, runner, report, folder } = await prepared()
    await runner.start(job)
    await mkdir(join(folder, 'output'), { recursive: true })
    await writeFile(join(folder, 'output', 'model.json'), '{}')
    await writeFile(join(folder, 'output', 'metrics.json'), '{"metrics": []}')
    await report({ state: 'succeeded' })
    expect(await runner.next(launched, patience())).toMatchObject({
      state: 'succeeded',
      model: { digest: sha256('{}') },
    })
  })

  it.each(['failed', 'cancelled'] as const)('ends it as %s with the reason', async state => {
    const { job, launched, runner, report } = await prepared()
    await runner.start(job)
    await report({ state, detail: 'quota' })
    expect(await runner.next(launched, patience())).toEqual({ state, detail: 'quota' })
  })

  it('counts once: what comes again, late or after the end changes nothing', async () => {
    const { job, launched, runner, report } = await prepared()
    await runner.start(job)
    const at = Date.now() - 60_000
    expect(await report({ state: 'failed', detail: 'first' }, { at })).toMatchObject({ status: 200 })
    expect(await report({ state: 'failed', detail: 'first' }, { at })).toMatchObject({
      status: 200,
      body: { state: 'failed' },
    })
    expect(await report({ state: 'succeeded', model })).toEqual({ status: 200, body: { state: 'failed' } })
    expect(await report({ state: 'running' })).toEqual({ status: 200, body: { state: 'failed' } })
    expect(await runner.next(launched, patience())).toEqual({ state: 'failed', detail: 'first' })
  })

  it('is refused when it is not signed, changed, old, for another attempt, or no report', async () => {
    const { job, runner, report, folder, listener } = await prepared()
    await runner.start(job)
    const end = { state: 'failed' }
    const refusals = [
      await report(end, { tampered: '{"state":"succeeded"}' }),
      await report(end, { at: Date.now() - 301_000 }),
      await report(end, { headers: { 'webhook-signature': '' } }),
      await report(end, { id: 'another-job/1/x' }),
      await report({ state: 'exploded' }),
      await report({ ...end, detail: 'x'.repeat(1 << 20) }),
    ]
    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 401, 401, 400, 413])
    const elsewhere = (path: string, method = 'POST') =>
      fetch(`http://127.0.0.1:${listener.port}${path}`, {
        method,
        headers: { ...signed(secret, 'x', method === 'POST' ? '{}' : '', Date.now()) },
        ...(method === 'POST' && { body: '{}' }),
      }).then(({ status }) => status)
    expect(await elsewhere('/v1/jobs/no-such-job/1')).toBe(404)
    expect(await elsewhere('/v1/jobs/..%2f..%2fetc/1')).toBe(404)
    expect(await elsewhere(callbackPath(job.job, 1), 'GET')).toBe(405)
    expect((await readdir(folder)).filter(name => name.startsWith('end') || name.startsWith('running'))).toEqual([])
  })

  it('is on disk when it is answered, whoever reads it next', async () => {
    const { root, job, launched, runner, report, settings, listener } = await prepared()
    await runner.start(job)
    expect((await report({ state: 'failed', detail: 'gone' })).status).toBe(200)
    await listener.close()
    expect(await new WebhookRunner(root, settings).next(launched, patience())).toEqual({
      state: 'failed',
      detail: 'gone',
    })
  })

  it('is not listened for without a secret', async () => {
    const { root, settings } = await prepared()
    const without = { ...settings, secretFile: '', secretEnv: 'STEERFLOW_NO_SUCH_SECRET' }
    const open = { ...without, callback: { ...settings.callback, host: '0.0.0.0' } }
    for (const given of [without, open]) {
      await expect(startCallbackListener(root, given)).rejects.toMatchObject({ code: 'STEERFLOW_CONFIG_INVALID' })
    }
  })
})

describe('a job of which no callback can come', () => {
  it('is asked for until it has ended', async () => {
    const replies: Reply[] = [
      { state: 'queued' },
      { state: 'running' },
      { state: 'running' },
      { state: 'failed', detail: 'x' },
    ].map(body => ({ status: 200, body }))
    const status = await receiver(...replies)
    const { root, job, launched, runner } = await prepared([{ status: 200 }], {
      statusUrl: `${status.url}/status/{job}`,
      callback: { port: 0 },
    })
    await runner.start(job)
    expect(await runner.next(launched, patience())).toMatchObject({ state: 'running' })
    expect(await runner.next({ ...launched, state: 'running' }, patience())).toEqual({ state: 'failed', detail: 'x' })
    expect(status.received.map(({ path }) => path)[0]).toBe(`/status/${attemptName(job, await instanceOf(root))}`)
  })

  it('is unknown where it is not known there', async () => {
    const status = await receiver({ status: 404 })
    const { job, launched, runner } = await prepared([{ status: 200 }], { statusUrl: `${status.url}/{job}` })
    await runner.start(job)
    expect(await runner.next(launched, patience())).toMatchObject({
      state: 'unknown',
      detail: expect.stringContaining('status 404') as string,
    })
  })
})

describe('a job that is to be cancelled', () => {
  it('is posted under a key of its own', async () => {
    const { hook, job, runner } = await prepared()
    await runner.cancel(job)
    expect(JSON.parse(hook.received[0]!.body)).toMatchObject({ type: 'steerflow.job.cancel', attempt: 1 })
    expect(hook.received[0]!.headers['idempotency-key']).toMatch(/-cancel$/)
  })

  it('stays where that is refused', async () => {
    const { job, runner } = await prepared([{ status: 405 }])
    await expect(runner.cancel(job)).rejects.toMatchObject({ code: 'STEERFLOW_USAGE' })
  })
})

describe('a pipeline killed with SIGKILL while it posts', () => {
  it('has asked for the attempt under one key, whichever step it was killed at', async () => {
    const first = await prepared()
    const { result: steps } = await killedAtBeside<number>(0, 'webhook', first.root)
    expect(steps).toBeGreaterThan(20)
    for (let step = steps! - 19; step <= steps!; step++) {
      const { root, hook, job, launched, runner, report } = await prepared()
      expect((await killedAtBeside(step, 'webhook', root)).signal).toBe('SIGKILL')
      expect(await runner.start(job)).toMatchObject({ state: 'launched' })
      expect(hook.started.size).toBe(1)
      expect(new Set(hook.received.map(({ body }) => body)).size).toBe(1)
      await report({ state: 'failed', detail: 'on purpose' })
      expect(await runner.next(launched, patience())).toMatchObject({ state: 'failed' })
    }
  })
})
