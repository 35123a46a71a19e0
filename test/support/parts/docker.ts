import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const SOCKETS = [
  '/var/run/docker.sock',
  join(homedir(), '.docker/run/docker.sock'),
  ...(process.env.XDG_RUNTIME_DIR ? [join(process.env.XDG_RUNTIME_DIR, 'docker.sock')] : []),
]

/** Why no container can be started, or null when a Docker engine answers. */
export async function whyNoDocker(): Promise<string | null> {
  // Without a socket there is no engine: spares loading the client, which takes a second.
  if (!process.env.DOCKER_HOST && !SOCKETS.some(socket => existsSync(socket))) return 'no Docker engine is here'
  try {
    const { getContainerRuntimeClient } = await import('testcontainers')
    await getContainerRuntimeClient()
    return null
  } catch (error) {
    return `no Docker engine answers: ${error instanceof Error ? error.message : String(error)}`
  }
}
