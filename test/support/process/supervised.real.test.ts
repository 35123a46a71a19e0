import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../temporary.js'
import { startSupervised } from './supervised.js'

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it('ends a process, and removes its folder, when the one that started it was killed', async () => {
  const folder = join(await temporaryFolder(), 'data')
  await mkdir(folder)
  const starter = fileURLToPath(new URL('./starter.ts', import.meta.url))
  const parent = fork(starter, [folder], { execArgv: ['--import', 'tsx'] })
  const [pid] = (await once(parent, 'message')) as [number]
  expect(runs(pid)).toBe(true)
  parent.kill('SIGKILL')
  await expect.poll(() => runs(pid)).toBe(false)
  await expect.poll(() => existsSync(folder)).toBe(false)
})

it('says when a process has ended, and that a command is not there', async () => {
  const folder = await temporaryFolder()
  const where = { log: join(folder, 'log'), remove: folder }
  const started = await startSupervised({ command: 'sleep', args: ['600'], ...where })
  expect(started.running).toBe(true)
  started.signal('SIGTERM')
  await started.ended
  expect(started.running).toBe(false)
  await expect(startSupervised({ command: 'no-such-command', args: [], ...where })).rejects.toThrow(/ENOENT/)
})
