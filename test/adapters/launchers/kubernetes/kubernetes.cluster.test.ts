import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { attemptName } from '../../../../src/adapters/launchers/attempt-name.js'
import { instanceOf } from '../../../../src/adapters/launchers/instance.js'
import { KubernetesRunner } from '../../../../src/adapters/launchers/kubernetes/kubernetes-runner.js'
import { KubernetesSettings } from '../../../../src/adapters/launchers/kubernetes/settings.js'
import { sha256 } from '../../../../src/domain/digest.js'
import type { JobEvent } from '../../../../src/domain/job.js'
import { trainerVersions } from '../../../../scripts/parts/kubernetes.js'
import { killedAtBeside } from '../../../support/killed-at.js'
import { type Cluster, startCluster } from '../../../support/kubernetes/cluster.js'
import { describeWith } from '../../../support/parts/describe-with.js'
import { temporaryFolder } from '../../../support/temporary.js'
import { job as anyJob } from '../../../support/training.js'

let cluster: Cluster
const describe = await describeWith('kubernetes')
const namespace = 'default'
const trainJobs = { group: 'trainer.kubeflow.org', version: 'v1alpha1', plural: 'trainjobs', namespace }
const patience = () => AbortSignal.timeout(60_000)

/** A data folder and a job about to be created in the cluster. */
async function prepared(given: object = {}, more: Partial<JobEvent> = {}) {
  const root = await temporaryFolder()
  const settings = KubernetesSettings.parse({
    image: 'example/trainer',
    dataClaim: 'data',
    pollSeconds: 0.05,
    ...given,
  })
  const job = anyJob({ state: 'launching', attempt: 1, host: hostname(), launcher: 'kubernetes', ...more })
  await writeFile(join(root, 'job.json'), JSON.stringify({ job, settings }))
  const runner = new KubernetesRunner(root, settings)
  const name = attemptName(job, await instanceOf(root))
  const launched = async (): Promise<JobEvent> => {
    const start = await runner.start(job)
    if (start.state !== 'launched') throw new Error(start.detail)
    return { ...job, state: 'launched', launched_as: start.id }
  }
  /** What a trainer leaves. */
  const trained = async (): Promise<void> => {
    const output = join(root, 'jobs', job.job, 'attempt-1', 'output')
    await mkdir(output, { recursive: true })
    await writeFile(join(output, 'model.json'), '{}')
    await writeFile(join(output, 'metrics.json'), '{"metrics": []}')
  }
  /** What a kubelet tells of the attempt's pod. */
  const pod = async (status: object): Promise<void> => {
    const labelSelector = `batch.kubernetes.io/job-name=${name}`
    const found = await expect
      .poll(async () => (await cluster.core.listNamespacedPod({ namespace, labelSelector })).items, { timeout: 30_000 })
      .not.toEqual([])
      .then(() => cluster.core.listNamespacedPod({ namespace, labelSelector }))
    const [body] = found.items
    await cluster.core.replaceNamespacedPodStatus({
      namespace,
      name: body!.metadata!.name!,
      body: { ...body!, status },
    })
  }
  return { root, settings, job, runner, name, launched, trained, pod }
}

describe('a Job on a Kubernetes cluster', () => {
  beforeAll(async () => {
    cluster = await startCluster()
    process.env.KUBECONFIG = cluster.kubeconfig
  }, 180_000)
  afterAll(async () => {
    delete process.env.KUBECONFIG
    await cluster?.stop()
  })

  it('is taken by the API server, runs, and ends with the model that it made', async () => {
    const { runner, name, launched, trained, pod, job } = await prepared({
      memory: '1Gi',
      cpu: '500m',
      sharedMemory: '1Gi',
    })
    const submitted = await launched()
    await pod({ phase: 'Running' })
    expect(await runner.next(submitted, patience())).toEqual({ state: 'running', detail: 'on a node' })
    await trained()
    await pod({ phase: 'Succeeded' })
    expect(await runner.next({ ...submitted, state: 'running' }, patience())).toMatchObject({
      state: 'succeeded',
      model: { digest: sha256('{}'), path: `jobs/${job.job}/attempt-1/output/model.json` },
    })
    const files = await cluster.core.readNamespacedConfigMap({ namespace, name })
    expect(Object.keys(files.data!).sort()).toEqual(['job.json', 'run.sh'])
    expect(files.metadata!.ownerReferences).toMatchObject([{ kind: 'Job', name, uid: submitted.launched_as }])
  })

  it('is found again by its name, by whoever starts it', async () => {
    const { root, settings, job, launched } = await prepared()
    const first = await launched()
    expect(await new KubernetesRunner(root, settings).start(job)).toEqual({ state: 'launched', id: first.launched_as })
  })

  it('fails with the reason of the cluster and of its pod', async () => {
    const { runner, launched, pod } = await prepared()
    const submitted = await launched()
    const terminated = { exitCode: 137, reason: 'OOMKilled' }
    const containerStatuses = [
      { name: 'trainer', ready: false, restartCount: 0, image: 'i', imageID: '', state: { terminated } },
    ]
    await pod({ phase: 'Failed', containerStatuses })
    expect(await runner.next(submitted, patience())).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/^BackoffLimitExceeded: .*trainer: OOMKilled with 137/) as string,
    })
  })

  it('that is evicted says so', async () => {
    const { runner, launched, pod } = await prepared()
    const submitted = await launched()
    await pod({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' })
    const detail = expect.stringContaining('Evicted: low on memory') as string
    expect(await runner.next(submitted, patience())).toMatchObject({ state: 'failed', detail })
  })

  it('has its deadline', async () => {
    const { runner, launched } = await prepared({ deadlineSeconds: 1 })
    const detail = expect.stringContaining('DeadlineExceeded') as string
    expect(await runner.next(await launched(), patience())).toMatchObject({ state: 'failed', detail })
  })

  it('waits for Kueue where it has a queue', async () => {
    const { runner, name, launched, pod, trained } = await prepared({ queue: 'gpus' })
    const submitted = await launched()
    await expect(runner.next(submitted, AbortSignal.timeout(500))).rejects.toThrow()
    const found = await cluster.batch.readNamespacedJob({ namespace, name })
    expect(found.metadata!.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'gpus' })
    expect(found.status!.conditions).toMatchObject([{ type: 'Suspended', status: 'True' }])
    await cluster.batch.replaceNamespacedJob({
      namespace,
      name,
      body: { ...found, spec: { ...found.spec!, suspend: false } },
    })
    await trained()
    await pod({ phase: 'Succeeded' })
    expect(await runner.next(submitted, patience())).toMatchObject({ state: 'succeeded' })
  })

  it('is cancelled with its pods', async () => {
    const { runner, name, launched, pod } = await prepared()
    const submitted = await launched()
    await pod({ phase: 'Running' })
    await runner.cancel(submitted)
    expect(await runner.next(submitted, patience())).toEqual({ state: 'cancelled', detail: 'deleted' })
    await expect(runner.cancel(submitted)).rejects.toMatchObject({ code: 'STEERFLOW_USAGE' })
    const labelSelector = `batch.kubernetes.io/job-name=${name}`
    await expect
      .poll(async () => (await cluster.core.listNamespacedPod({ namespace, labelSelector })).items, { timeout: 20_000 })
      .toEqual([])
  })

  it('is unknown when somebody else deletes it, or makes another of its name', async () => {
    const { runner, name, launched, job } = await prepared()
    const submitted = await launched()
    await cluster.batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Background' })
    await expect.poll(() => runner.next(submitted, patience()).then(({ state }) => state)).toBe('unknown')
    await runner.start(job)
    expect(await runner.next(submitted, patience())).toMatchObject({
      state: 'unknown',
      detail: expect.stringContaining('is not the launched object') as string,
    })
  })

  it('does not take over an object of somebody else', async () => {
    const { runner, name, job, launched } = await prepared()
    await launched()
    const found = await cluster.batch.readNamespacedJob({ namespace, name })
    await cluster.batch.replaceNamespacedJob({
      namespace,
      name,
      body: { ...found, metadata: { ...found.metadata, labels: { of: 'another' } } },
    })
    await expect(runner.start(job)).rejects.toMatchObject({ code: 'STEERFLOW_JOB_INVALID' })
  })

  it('is refused with what the API server says', async () => {
    const { runner, job } = await prepared({ namespace: 'no-such-namespace' })
    await expect(runner.start(job)).rejects.toMatchObject({
      code: 'STEERFLOW_JOB_INVALID',
      message: expect.stringContaining('not found') as string,
    })
  })

  it('takes names that Kubernetes would not, within 63 characters', async () => {
    const { launched, name } = await prepared({}, { job: `9-Some_Set.v2-${'x'.repeat(80)}` })
    expect((await launched()).launched_as).toMatch(/^[0-9a-f-]{36}$/)
    expect(name.length).toBeLessThanOrEqual(63)
  })

  it('has been created once when its pipeline is killed at any step', async () => {
    const { result: steps } = await killedAtBeside<number>(0, 'kubernetes', (await prepared()).root)
    expect(steps).toBeGreaterThan(24)
    for (let step = steps! - 21; step <= steps!; step++) {
      const { root, name, launched, job } = await prepared()
      expect((await killedAtBeside(step, 'kubernetes', root)).signal).toBe('SIGKILL')
      const before = await cluster.batch.readNamespacedJob({ namespace, name }).catch(() => null)
      const submitted = await launched()
      const { items } = await cluster.batch.listNamespacedJob({ namespace, labelSelector: `steerflow/attempt=${name}` })
      expect(items.map(({ metadata }) => metadata!.uid)).toEqual([before?.metadata!.uid ?? submitted.launched_as])
      const files = await cluster.core.readNamespacedConfigMap({ namespace, name })
      expect(files.metadata!.ownerReferences).toMatchObject([{ uid: submitted.launched_as }])
      expect(await readdir(join(root, 'jobs', job.job))).toContain('attempt-1')
    }
  })

  it.each(trainerVersions)('or a TrainJob of Kubeflow Trainer %s is taken, whole, and followed', async version => {
    await cluster.define(version)
    const given = { kind: 'TrainJob', queue: 'gpus', memory: '64Gi', secretEnvironment: { HF_TOKEN: 'hf/token' } }
    const { root, runner, name, launched, trained, job } = await prepared(given)
    const written = join(root, await runner.render(job), 'manifest.json')
    const { spec } = JSON.parse(await readFile(written, 'utf8')) as { spec: object }
    const submitted = await launched()
    const read = async () =>
      (await cluster.custom.getNamespacedCustomObject({ ...trainJobs, name })) as { metadata: object; spec: object }
    const found = await read()
    // What a definition does not know is dropped without a word: the rest must be what was sent.
    const sent = JSON.parse(JSON.stringify(spec).replaceAll('attempt-2', 'attempt-1')) as object
    expect(found.spec).toMatchObject(sent)
    expect(
      await new KubernetesRunner(root, KubernetesSettings.parse({ ...given, image: 'example/trainer' })).start(job),
    ).toMatchObject({ id: submitted.launched_as })
    await trained()
    const lastTransitionTime = new Date().toISOString()
    const conditions = [
      { type: 'Complete', status: 'True', reason: 'JobsCompleted', message: 'done', lastTransitionTime },
    ]
    await cluster.custom.replaceNamespacedCustomObjectStatus({
      ...trainJobs,
      name,
      body: { ...found, status: { conditions } },
    })
    expect(await runner.next(submitted, patience())).toMatchObject({
      state: 'succeeded',
      model: { digest: sha256('{}') },
    })
    await runner.cancel(submitted)
  })

  it('is waited for while the API server does not answer', async () => {
    const { runner, launched } = await prepared()
    const submitted = await launched()
    const { KUBECONFIG } = process.env
    const config = await readFile(cluster.kubeconfig, 'utf8')
    const away = join(await temporaryFolder(), 'kubeconfig')
    await writeFile(away, config.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:9'))
    process.env.KUBECONFIG = away
    try {
      const elsewhere = await prepared()
      await expect(elsewhere.runner.start(elsewhere.job)).rejects.toMatchObject({
        code: 'STEERFLOW_LAUNCHER_UNAVAILABLE',
      })
    } finally {
      process.env.KUBECONFIG = KUBECONFIG
    }
    const waiting = runner.next(submitted, AbortSignal.timeout(4000))
    cluster.freeze()
    setTimeout(() => cluster.thaw(), 1000)
    await expect(waiting).rejects.toThrow(/abort/)
  })
})
