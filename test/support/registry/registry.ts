import { setTimeout as sleep } from 'node:timers/promises'
import { registryJar } from '../../../scripts/parts/registry.js'
import { whyNoDocker } from '../parts/docker.js'
import { openFirst, type Way, whyNone } from '../parts/ways.js'
import { startRegistryContainer } from './docker.js'
import { startRegistryJar } from './jar.js'
import type { StartedRegistry } from './started.js'

const START_LIMIT_MS = 120_000

/** A schema registry that speaks the protocol of Confluent's. */
export interface Registry {
  readonly provider: 'SCHEMA_REGISTRY_URL' | StartedRegistry['provider']
  /** The base of its resources: `${url}/subjects`. */
  readonly url: string
  stop(): Promise<void>
}

const ways: readonly Way<StartedRegistry>[] = [
  { whyNot: whyNoDocker, open: startRegistryContainer },
  {
    whyNot: async () =>
      registryJar() ? null : 'the schema registry is not installed (npm run setup -- registry installs it)',
    open: startRegistryJar,
  },
]

/** Why there is no registry for tests, or null when there is. */
export const whyNoRegistry = async (): Promise<string | null> =>
  process.env.SCHEMA_REGISTRY_URL ? null : whyNone(ways)

/**
 * Starts an empty registry that checks new schemas against older ones (BACKWARD), or takes the one that
 * SCHEMA_REGISTRY_URL names, as it is. Throws an Error that says why there is none, or with the end of its log.
 */
export async function startRegistry(): Promise<Registry> {
  const given = process.env.SCHEMA_REGISTRY_URL
  if (given) return { provider: 'SCHEMA_REGISTRY_URL', url: given.replace(/\/$/, ''), stop: async () => undefined }
  const started = await openFirst(ways)
  const url = `${started.origin}/apis/ccompat/v7`
  try {
    await waitUntilItAnswers(url, started)
    await checkCompatibility(url)
  } catch (error) {
    await started.stop()
    throw error
  }
  return { provider: started.provider, url, stop: () => started.stop() }
}

async function waitUntilItAnswers(url: string, started: StartedRegistry): Promise<void> {
  for (const until = Date.now() + START_LIMIT_MS; Date.now() < until && started.isRunning(); await sleep(50)) {
    const ok = await fetch(`${url}/subjects`).then(
      response => response.ok,
      () => false,
    )
    if (ok) return
  }
  throw new Error(`the registry did not start:\n${(await started.log()).split('\n').slice(-30).join('\n')}`)
}

/** Apicurio checks nothing unless it is told to; Confluent's registry begins with BACKWARD. */
async function checkCompatibility(url: string): Promise<void> {
  const response = await fetch(`${url}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: 'BACKWARD' }),
  })
  if (!response.ok) throw new Error(`the registry refused its configuration: ${response.status}`)
}
