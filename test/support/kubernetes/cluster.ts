import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ApiextensionsV1Api,
  BatchV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  loadYaml,
  type V1CustomResourceDefinition,
} from '@kubernetes/client-node'
import { kubernetesPrograms, type trainerVersions } from '../../../scripts/parts/kubernetes.js'
import { freePorts } from '../process/ports.js'
import { startSupervised, type Supervised } from '../process/supervised.js'

const START_LIMIT_MS = 120_000

/**
 * The real API server of Kubernetes with its store and the real controller of Jobs. There is no node: pods are made and stay
 * pending, and a test says what becomes of them, as a kubelet would.
 */
export interface Cluster {
  /** Path of a kubeconfig. */
  readonly kubeconfig: string
  readonly batch: BatchV1Api
  readonly core: CoreV1Api
  readonly custom: CustomObjectsApi
  /** Stops the API server for a while, or lets it go on. */
  freeze(): void
  thaw(): void
  /** Puts Kubeflow's definition of a TrainJob in place, in that version. */
  define(version: (typeof trainerVersions)[number]): Promise<void>
  stop(): Promise<void>
}

/** Starts a cluster. It ends with the process that started it. */
export async function startCluster(): Promise<Cluster> {
  const found = kubernetesPrograms()
  if (!found) throw new Error('Kubernetes is not installed')
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-kubernetes-'))
  const [client, peer, secure, controllers] = (await freePorts(4)) as [number, number, number, number]
  const token = randomBytes(16).toString('hex')
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = await file('service-account.key', privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())
  const tokens = await file('tokens.csv', `${token},admin,admin,system:masters\n`)
  const server = `https://127.0.0.1:${secure}`
  const kubeconfig = await file(
    'kubeconfig',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'admin', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
      'current-context': 'test',
    }),
  )
  const log = join(folder, 'log')
  const start = (program: string, args: readonly string[]): Promise<Supervised> =>
    startSupervised({ command: join(found.bin, program), args, log, remove: folder })
  const etcd = `http://127.0.0.1:${client}`
  const peers = `http://127.0.0.1:${peer}`
  const started: Supervised[] = []
  const stop = async (): Promise<void> => {
    for (const process of started.reverse()) {
      process.signal('SIGCONT')
      process.signal('SIGKILL')
      await process.ended
    }
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const store = ['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level=error']
    const peering = [
      '--listen-peer-urls',
      peers,
      '--initial-advertise-peer-urls',
      peers,
      '--initial-cluster',
      `default=${peers}`,
    ]
    started.push(
      await start('etcd', [...store, ...peering, '--listen-client-urls', etcd, '--advertise-client-urls', etcd]),
    )
    const accounts = [`--service-account-key-file=${key}`, `--service-account-signing-key-file=${key}`]
    started.push(
      await start('kube-apiserver', [
        `--etcd-servers=${etcd}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        `--secure-port=${secure}`,
        `--cert-dir=${join(folder, 'certificates')}`,
        '--authorization-mode=RBAC',
        `--token-auth-file=${tokens}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        ...accounts,
        '--service-cluster-ip-range=10.0.0.0/24',
        '--disable-admission-plugins=ServiceAccount',
      ]),
    )
    const api = started.at(-1)!
    const config = new KubeConfig()
    config.loadFromFile(kubeconfig)
    const core = config.makeApiClient(CoreV1Api)
    const until = Date.now() + START_LIMIT_MS
    while (!(await core.readNamespace({ name: 'default' }).catch(() => null))) {
      if (Date.now() > until || !api.running) {
        throw new Error(`the API server does not answer: ${(await readFile(log, 'utf8')).slice(-1000)}`)
      }
      await sleep(200)
    }
    const manager = [`--kubeconfig=${kubeconfig}`, `--secure-port=${controllers}`, '--bind-address=127.0.0.1']
    started.push(
      await start('kube-controller-manager', [
        ...manager,
        `--cert-dir=${join(folder, 'certificates')}`,
        '--leader-elect=false',
        '--controllers=job-controller,garbage-collector-controller',
      ]),
    )
    const extensions = config.makeApiClient(ApiextensionsV1Api)
    return {
      kubeconfig,
      core,
      batch: config.makeApiClient(BatchV1Api),
      custom: config.makeApiClient(CustomObjectsApi),
      freeze: () => api.signal('SIGSTOP'),
      thaw: () => api.signal('SIGCONT'),
      define: async version => {
        const text = await readFile(join(found.definitions, `trainjobs-${version}.yaml`), 'utf8')
        const body = loadYaml<V1CustomResourceDefinition>(text)
        const name = body.metadata!.name!
        const known = () => extensions.readCustomResourceDefinition({ name }).catch(() => null)
        if (await known()) await extensions.deleteCustomResourceDefinition({ name })
        while (await known()) await sleep(100)
        await extensions.createCustomResourceDefinition({ body })
        for (;;) {
          const conditions = (await known())?.status?.conditions
          if (conditions?.some(({ type, status }) => type === 'Established' && status === 'True')) return
          await sleep(100)
        }
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
