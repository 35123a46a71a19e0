import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compiledUrl } from '../../compiled-url.js'
import { logEnd, openLog, readOwner, type WatchedAttempt } from './attempt.js'

const watcher = fileURLToPath(compiledUrl(import.meta.url, './watch.js'))

/**
 * Starts programs in an existing folder exactly once, however many processes request it: a watching process in its own
 * process group takes the folder and outlives this process. Returns when one has taken it.
 * @param env the environment of the watching process and its children; default: that of this process
 */
export async function startWatched(
  folder: string,
  watched: WatchedAttempt,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  if ((await readOwner(folder)) !== null) return
  const log = await openLog(folder, 'append')
  try {
    const args = [watcher, folder, JSON.stringify(watched)]
    const watching = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log.fd, log.fd], env })
    watching.unref()
    await taken(folder, watching)
  } finally {
    await log.close()
  }
}

/** Waits until a watching process has taken the folder: ours, or an earlier one. */
async function taken(folder: string, watching: ChildProcess): Promise<void> {
  let gone = false
  watching.on('exit', () => (gone = true))
  watching.on('error', () => (gone = true))
  for (;;) {
    const ended = gone
    if ((await readOwner(folder)) !== null) return
    if (ended) throw new Error(`the watching process ended at once: ${await lastLines(folder)}`)
    await sleep(10)
  }
}

/** The last lines of the log in a folder, joined to one line. */
export async function lastLines(folder: string): Promise<string> {
  const log = await logEnd(folder, 64 << 10)
  return log.trimEnd().split('\n').slice(-3).join(' | ').slice(-500)
}
