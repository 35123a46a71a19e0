import { hostname } from 'node:os'
import { expect, it } from 'vitest'
import { thisWorker, workerName } from '../../../src/adapters/processes/worker.js'

it('names a worker by its host and pid', () => {
  expect(workerName('gpu1.example', 42)).toBe('steerflow-gpu1.example-42')
})

it('can be the name of a file, whatever the host is called', () => {
  for (const host of ['../../etc', 'a/b', 'Ann’s Mac', '', '.', '-', '\u001b[31m', 'x'.repeat(300)]) {
    const name = workerName(host, 1)
    expect(name, host).toMatch(/^steerflow-[A-Za-z0-9_][A-Za-z0-9._-]{0,62}-1$/)
  }
})

it('is the same whenever it is asked for', () => {
  expect(thisWorker()).toMatchObject({
    host: hostname(),
    pid: process.pid,
    worker: workerName(hostname(), process.pid),
  })
  expect(thisWorker()).toBe(thisWorker())
  expect(thisWorker().run).toMatch(/^[0-9a-f]{8}$/)
})
