import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { BeyondBounds, Bounds } from '../../src/adapters/foreign-answer.js'
import { nemoGenerate } from '../../src/adapters/inference/protocols/nemo-generate.js'
import { Endpoint } from '../../src/adapters/inference/pool/endpoint.js'
import { KubernetesApi } from '../../src/adapters/launchers/kubernetes/api.js'
import { KubernetesSettings } from '../../src/adapters/launchers/kubernetes/settings.js'
import { WebhookSettings } from '../../src/adapters/launchers/webhook/settings.js'
import { WebhookRunner } from '../../src/adapters/launchers/webhook/webhook-runner.js'
import { openTokenSource } from '../../src/adapters/log/kafka/oauth-token.js'
import { openRegistry } from '../../src/adapters/registry/confluent.js'
import { s3Bucket } from '../../src/adapters/storage/s3/bucket.js'
import { S3Settings } from '../../src/adapters/storage/s3/settings.js'
import { noLonger } from '../../src/adapters/storage/shard-lines.js'
import { modelsOf } from '../../src/cli/doctor/answers.js'
import { registryReachable } from '../../src/cli/doctor/servers.js'
import { temporary } from './pipelines.js'
import { job as anyJob } from './training.js'

/** A call that a client of ours makes at a server. */
export interface ForeignClient {
  readonly name: string
  /** What is sent as a secret. */
  readonly secret: string
  /** What comes of it: a value that is shown or kept, or what is thrown. */
  ask(url: string, bounds?: Bounds): Promise<unknown>
  /** What an answer beyond one of its bounds is: the code of the error, or what else it makes of it. */
  beyond(bound: BeyondBounds['bound']): string
  /** What an error calls whom it asked. */
  readonly party: string
  /** How its answers are spelled: what nests in them. */
  readonly speaks: 'json' | 'xml' | 'bytes'
}

/** More than any test takes. */
const generous: Bounds = { ms: 60_000, bytes: 16 << 20 }

const secret = `s3cr3t/"<&>'%+key-with-all-of-it-0123456789`
const username = 'ann'

/** A job handed to a webhook, with its data folder. */
function webhook(url: string, { ms }: Bounds) {
  const root = temporary()
  const secretFile = join(root, 'secret')
  writeFileSync(secretFile, secret)
  const statusUrl = `${url}/status?token=${encodeURIComponent(secret)}`
  const settings = WebhookSettings.parse({ url, secretFile, statusUrl, timeoutSeconds: ms / 1000 })
  return { root, runner: new WebhookRunner(root, settings), job: anyJob({ state: 'launched' }) }
}

const settled = <T>(asked: Promise<T>): Promise<unknown> => asked.catch((thrown: unknown) => thrown)

function kubernetes(url: string, bounds = generous): Promise<KubernetesApi> {
  const path = join(temporary(), 'kubeconfig')
  const context = { name: 'c', context: { cluster: 'c', user: 'u' } }
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token: secret } }],
      contexts: [context],
    }),
  )
  vi.stubEnv('KUBECONFIG', path)
  return KubernetesApi.open(KubernetesSettings.parse({ image: 'i' }), bounds)
}

function bucket(url: string, answer = generous) {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'never sent')
  vi.stubEnv('AWS_SESSION_TOKEN', secret)
  const settings = S3Settings.parse({ bucket: 'shards', endpoint: url, region: 'r', forcePathStyle: true })
  return s3Bucket(settings, { bounds: { answer, objectMs: answer.ms } })
}

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const away = (code: string, party: string, speaks: ForeignClient['speaks'] = 'json') => ({
  secret,
  beyond: () => code,
  party,
  speaks,
})

/** Every client that asks somebody else over HTTP. */
export const foreignClients: readonly ForeignClient[] = [
  {
    name: 'an inference server',
    ask: async (url, bounds = generous) => {
      const headers = { authorization: `Bearer ${secret}` }
      const endpoint = new Endpoint(
        { url, model: null, headers },
        {
          protocol: nemoGenerate,
          inFlight: 1,
          mostInFlight: 1,
          batch: 1,
          tokensInFlight: 1_000_000,
          deadlineMs: bounds.ms,
          lines: false,
          breaker: { failures: 5, pause: { first: 100, most: 100 }, random: Math.random },
        },
      )
      const turn = { system: '', turns: [{ from: 'User', value: 'Hello.', label: null }] }
      const generation = { prompt: 'p', maxTokens: 1, endStrings: ['e'], line: null, turn }
      try {
        return await endpoint.send([generation], new AbortController().signal)
      } finally {
        await endpoint.close()
      }
    },
    // The pool says at which server.
    ...away('elsewhere', ''),
  },
  {
    name: 'a webhook, as it starts a job',
    ask: async (url, bounds = generous) => {
      const { runner, job } = webhook(url, bounds)
      return settled(runner.start(job))
    },
    ...away('STEERFLOW_LAUNCHER_UNAVAILABLE', 'webhook http://127.0.0.1:'),
  },
  {
    name: 'a webhook, asked for a status',
    ask: async (url, bounds = generous) => {
      const { runner, job } = webhook(url, bounds)
      return settled(runner.next(job, new AbortController().signal))
    },
    ...away('STEERFLOW_LAUNCHER_UNAVAILABLE', 'webhook http://127.0.0.1:'),
  },
  {
    name: 'Kubernetes, for an object',
    ask: async (url, bounds) => settled((await kubernetes(url, bounds)).read('steerflow-job')),
    ...away('STEERFLOW_LAUNCHER_UNAVAILABLE', 'kubernetes'),
  },
  {
    name: 'Kubernetes, for pods',
    ask: async (url, bounds) => settled((await kubernetes(url, bounds)).pods('steerflow-job')),
    ...away('STEERFLOW_LAUNCHER_UNAVAILABLE', 'kubernetes'),
  },
  {
    name: 'S3, for a list',
    ask: async (url, bounds) => settled(all(bucket(url, bounds).list(''))),
    ...away('STEERFLOW_STORAGE_AWAY', 'list s3://shards/', 'xml'),
  },
  {
    name: 'S3, for uploads',
    ask: async (url, bounds) => settled(all(bucket(url, bounds).unfinished!(''))),
    ...away('STEERFLOW_STORAGE_AWAY', 'list uploads to shards', 'xml'),
  },
  {
    name: 'S3, for an object',
    ask: async (url, bounds) => {
      const object = bucket(url, bounds).read('shards/a.jsonl')
      return settled(all(noLonger(object, { path: 'shards/a.jsonl', bytes: 1 << 20 })))
    },
    ...away('', '', 'bytes'),
    party: 'shards/a.jsonl',
    // What is longer than it was written is damaged.
    beyond: bound => (bound === 'time' ? 'STEERFLOW_STORAGE_AWAY' : 'STEERFLOW_STORAGE'),
  },
  ...(['compatibility', 'byId', 'register'] as const).map(name => ({
    name: `a schema registry, ${name}`,
    ask: async (url: string, bounds = generous) => {
      const registry = await openRegistry({ url, username, password: secret }, bounds)
      const ways = {
        compatibility: () => registry.compatibility('s'),
        byId: async () => (await registry.byId('s', 1))?.type,
        register: () => registry.register('s', '{}'),
      }
      try {
        return await settled<unknown>(ways[name]())
      } finally {
        await registry.close()
      }
    },
    ...away('STEERFLOW_REGISTRY_DOWN', '127.0.0.1:'),
  })),
  {
    name: 'a schema registry, of doctor',
    ask: async (url, bounds) => registryReachable({ url, username, password: secret }, bounds),
    ...away('fail', '127.0.0.1:'),
  },
  {
    name: 'an endpoint of tokens',
    ask: async (url, bounds) =>
      settled(
        openTokenSource(
          { mechanism: 'oauthbearer', tokenEndpoint: url, clientId: username, clientSecret: secret },
          bounds,
        ).token(),
      ),
    ...away('', 'log.kafka.sasl.tokenEndpoint'),
    beyond: bound => (bound === 'time' ? 'STEERFLOW_KAFKA_UNREACHABLE' : 'STEERFLOW_KAFKA_REFUSED'),
  },
]

/** A client that does without an answer: what is beyond its bounds, or refused, is to it as if the server listed nothing. */
export const modelsClient: Pick<ForeignClient, 'name' | 'secret' | 'ask'> = {
  name: 'an inference server, for its models',
  secret,
  ask: (url, bounds) => modelsOf({ url, headers: { authorization: `Bearer ${secret}` } }, bounds),
}

/** Every file of src that asks or is asked over HTTP, and where it is shown what becomes of foreign words. */
export const httpFiles: Readonly<Record<string, string>> = {
  'adapters/baseline/http.ts': 'our own server',
  'adapters/baseline/worker.ts': 'our own server',
  'adapters/inference/load/poll-load.ts': 'only numbers come of it: poll-load.real.test.ts',
  'adapters/inference/pool/endpoint.ts': 'an inference server',
  'adapters/launchers/kubernetes/api.ts': 'Kubernetes, for an object',
  'adapters/launchers/kubernetes/bounded-http.ts': 'Kubernetes, for an object',
  'adapters/launchers/webhook/listener.ts': 'our own server',
  'adapters/launchers/webhook/post.ts': 'a webhook, as it starts a job',
  'adapters/log/kafka/oauth-token.ts': 'an endpoint of tokens',
  'adapters/registry/confluent.ts': 'a schema registry, register',
  'adapters/storage/s3/client.ts': 'S3, for a list',
  'cli/doctor/answers.ts': modelsClient.name,
  'cli/doctor/servers.ts': 'a schema registry, of doctor',
}
