import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compiledUrl } from '../../compiled-url.js'
import { logEnd, openLog, readOwner, type WatchedAttempt } from './attempt.js'

const watcher = fileURLToPath(compiledUrl(import.meta.url, './watch.js'))

/**
 * Starts programs once in a folder that is there, however often and by whomever it is asked for: a watching process in a
 * process group of its own takes the folder, and outlives this one. Returns when one has taken it.
 * @param env the environment of the watching process and of what it starts; this process's own unless given
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

/** Waits until some watching process has taken the folder: ours, or an earlier one. */
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

/** The end of the log in a folder, on one line. */
export async function lastLines(folder: string): Promise<string> {
  const log = await logEnd(folder, 64 << 10)
  return log.trimEnd().split('\n').slice(-3).join(' | ').slice(-500)
}
