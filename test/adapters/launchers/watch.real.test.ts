import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readExit, type WatchedAttempt } from '../../../src/adapters/launchers/exec/attempt.js'
import { temporaryFolder } from '../../support/temporary.js'

const watcher = fileURLToPath(new URL('../../../dist/adapters/launchers/exec/watch.js', import.meta.url))

/** Runs these steps under a watching process; what they print and how they end. */
async function watched(steps: readonly (readonly string[])[], more: Partial<WatchedAttempt> = {}) {
  const folder = await temporaryFolder()
  const given = { steps, env: {}, workdir: null, ...more }
  const { stdout } = spawnSync(process.execPath, [watcher, folder, JSON.stringify(given)], { encoding: 'utf8' })
  return { folder, lines: stdout.trim().split('\n'), exit: await readExit(folder) }
}

describe('the process that watches a job', () => {
  it('runs its steps one after another, without a shell', async () => {
    const { lines, exit } = await watched([
      ['echo', '$HOME', "it's; *"],
      ['echo', 'two'],
    ])
    expect(lines).toEqual(["$HOME it's; *", 'two'])
    expect(exit).toEqual({ code: 0, signal: null, error: null, step: 'step 2 of 2' })
  })

  it('stops at the first step that fails', async () => {
    const { lines, exit } = await watched([
      ['echo', 'one'],
      ['sh', '-c', 'exit 7'],
      ['echo', 'three'],
    ])
    expect(lines).toEqual(['one'])
    expect(exit).toEqual({ code: 7, signal: null, error: null, step: 'step 2 of 3' })
  })

  it('gives them variables and a folder', async () => {
    const workdir = await temporaryFolder()
    const { lines } = await watched([['pwd'], ['printenv', 'GREETING']], { workdir, env: { GREETING: 'a b' } })
    expect(lines).toEqual([workdir, 'a b'])
  })

  it('starts nothing more of an attempt that was taken', async () => {
    const { folder } = await watched([['true']])
    const taken = await readFile(join(folder, 'pid.json'), 'utf8')
    const given = { steps: [['echo', 'again']], env: {}, workdir: null }
    const { stdout } = spawnSync(process.execPath, [watcher, folder, JSON.stringify(given)], { encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(await readFile(join(folder, 'pid.json'), 'utf8')).toBe(taken)
  })
})
