import type { StartedTestContainer } from 'testcontainers'
import { KAFKA_VERSION } from '../../../scripts/parts/kafka.js'
import type { Place } from './place.js'

const FOLDER = '/tmp/steerflow'
const LIBS = '/opt/kafka/libs/*'

/**
 * Brokers as processes of one container of Apache's image, with the same properties as without a container. Ports are
 * the same inside and outside, so that the addresses that brokers tell their clients hold in both.
 */
export async function dockerPlace(clientPorts: readonly number[]): Promise<Place> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const container = await new GenericContainer(`apache/kafka:${KAFKA_VERSION}`)
    .withEntrypoint(['sh', '-c', `mkdir -p ${FOLDER} && echo waiting && while :; do sleep 1; done`])
    .withExposedPorts(...clientPorts.map(port => ({ container: port, host: port })))
    .withWaitStrategy(Wait.forLogMessage('waiting'))
    .start()
  return {
    provider: 'docker',
    folder: FOLDER,
    bind: '0.0.0.0',
    write: (target, content) => container.copyContentToContainer([{ content, target }]),
    read: file => inside(container, 'cat', file),
    run: args => inside(container, 'java', '-cp', LIBS, ...args),
    start: async (args, log) => {
      const script = `exec java "$@" >${log} 2>&1 </dev/null & echo $!`
      const pid = (await inside(container, 'sh', '-c', script, 'sh', '-cp', LIBS, ...args)).trim()
      return {
        signal: async name => {
          await container.exec(['kill', `-${name.slice(3)}`, pid])
        },
        // A process that ended stays as a zombie until the container's first process has waited for it.
        isRunning: async () => {
          const { exitCode } = await container.exec([
            'sh',
            '-c',
            `! grep -qs 'State:.*Z' /proc/${pid}/status && kill -0 ${pid}`,
          ])
          return exitCode === 0
        },
      }
    },
    remove: async () => {
      await container.stop({ timeout: 0 })
    },
  }
}

/** Runs a command in the container to its end. Throws an Error with its output when it fails. */
async function inside(container: StartedTestContainer, ...command: string[]): Promise<string> {
  const { exitCode, output } = await container.exec(command)
  if (exitCode !== 0) throw new Error(`${command[0]!} failed in the container:\n${output}`)
  return output
}
