import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registryJar } from '../../../scripts/parts/registry.js'
import { freePorts } from '../process/ports.js'
import { startSupervised } from '../process/supervised.js'
import type { StartedRegistry } from './started.js'

const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** Apicurio Registry as a Java process of this machine, storage in memory. It ends with the process that started it. */
export async function startRegistryJar(): Promise<StartedRegistry> {
  const found = registryJar()
  if (!found) throw new Error('the registry is not installed')
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-registry-'))
  const log = join(folder, 'log')
  const [port, management] = await freePorts(2)
  const started = await startSupervised({
    command: found.java,
    args: [
      ...JVM,
      '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      '-Dquarkus.management.host=127.0.0.1',
      `-Dquarkus.management.port=${management}`,
      '-Dquarkus.http.access-log.enabled=false',
      ...['initial', 'min'].map(size => `-Dapicurio.datasource.jdbc.${size}-size=2`),
      '-Dapicurio.datasource.jdbc.max-size=8',
      ...['-jar', found.jar],
    ],
    log,
    remove: folder,
  })
  return {
    provider: 'jar',
    origin: `http://127.0.0.1:${port}`,
    isRunning: () => started.running,
    log: () => readFile(log, 'utf8'),
    stop: async () => {
      started.signal('SIGKILL')
      await started.ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
