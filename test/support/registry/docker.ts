import { text } from 'node:stream/consumers'
import { REGISTRY_VERSION } from '../../../scripts/parts/registry.js'
import type { StartedRegistry } from './started.js'

const PORT = 8080

/** Apicurio Registry in a container, storage in memory. */
export async function startRegistryContainer(): Promise<StartedRegistry> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const container = await new GenericContainer(`apicurio/apicurio-registry:${REGISTRY_VERSION}`)
    .withExposedPorts(PORT)
    .withWaitStrategy(Wait.forListeningPorts())
    .start()
  return {
    provider: 'docker',
    origin: `http://${container.getHost()}:${container.getMappedPort(PORT)}`,
    isRunning: () => true,
    log: async () => text(await container.logs({ tail: 50 })),
    stop: async () => {
      await container.stop({ timeout: 0 })
    },
  }
}
