import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  isGroupRunning,
  isRunning,
  ownIdentity,
  type ProcessIdentity,
} from '../../../src/adapters/processes/identity.js'
import { processTable, procTable, psTable } from '../../../src/adapters/processes/process-table.js'

async function started(command: string, ...args: readonly string[]) {
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => end(child))
  await once(child, 'spawn')
  const row = await processTable.find(child.pid!)
  const identity: ProcessIdentity = { pid: child.pid!, started: row!.started, boot: await processTable.boot() }
  return { child, identity }
}

function end(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200 && !(await condition()); tries++) await sleep(20)
  expect(await condition()).toBe(true)
}

describe('a process identity', () => {
  it('is that of this process', async () => {
    expect((await ownIdentity()).pid).toBe(process.pid)
    expect(await isRunning(await ownIdentity())).toBe(true)
  })

  it('is not that of another process under the same number, nor of another start of the machine', async () => {
    const own = await ownIdentity()
    expect(await isRunning({ ...own, started: `${own.started}0` })).toBe(false)
    expect(await isRunning({ ...own, boot: 'another' })).toBe(false)
    expect(await isGroupRunning({ ...own, started: `${own.started}0` })).toBe(false)
    expect(await isGroupRunning({ ...own, boot: 'another' })).toBe(false)
  })

  it('ends with the process', async () => {
    const { child, identity } = await started('sleep', '60')
    expect(await isRunning(identity)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await isRunning(identity)).toBe(false)
    await eventually(async () => !(await isGroupRunning(identity)))
  })

  it('of a group lasts as long as one member', async () => {
    const { child, identity } = await started('sh', '-c', 'sleep 60 & echo ready; wait')
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await isRunning(identity)).toBe(false)
    expect(await isGroupRunning(identity)).toBe(true)
    process.kill(-identity.pid, 'SIGKILL')
    await eventually(async () => !(await isGroupRunning(identity)))
  })
})

describe.runIf(process.platform === 'linux' && existsSync('/bin/ps'))('the two process tables', () => {
  it('know the same process', async () => {
    const { identity } = await started('sleep', '60')
    const [proc, ps] = [await procTable.find(identity.pid), await psTable.find(identity.pid)]
    expect(ps).toEqual({ ...proc, started: expect.stringMatching(/\d\d:\d\d:\d\d \d{4}$/) as string })
    expect(proc).toMatchObject({ pid: identity.pid, group: identity.pid, zombie: false })
    expect(await psTable.find(2 ** 22 + 1)).toBeNull()
  })
})
