import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../../scripts/parts/commands.js'
import { startSupervised, type Supervised } from '../process/supervised.js'
import type { Place } from './place.js'

/** Brokers as Java processes of this machine. They end with the process that started them. */
export async function jarsPlace(java: string, libs: string): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-kafka-'))
  const processes: Supervised[] = []
  const withJars = (args: readonly string[]) => ['-cp', join(libs, '*'), ...args]
  return {
    provider: 'jars',
    folder,
    bind: '127.0.0.1',
    write: (file, text) => writeFile(file, text),
    read: file => readFile(file, 'utf8'),
    run: args => runCommand(java, withJars(args)),
    start: async (args, log) => {
      const started = await startSupervised({ command: java, args: withJars(args), log, remove: folder })
      processes.push(started)
      return {
        signal: async name => started.signal(name),
        isRunning: async () => started.running,
      }
    },
    remove: async () => {
      for (const one of processes) one.signal('SIGKILL')
      await Promise.all(processes.map(({ ended }) => ended))
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
