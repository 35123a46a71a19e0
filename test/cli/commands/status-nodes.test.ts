import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { workersFolder } from '../../../src/adapters/workers/report-file.js'
import { nodesFile, readNodesFiles } from '../../../src/adapters/workers/nodes-file.js'
import { SteerflowError } from '../../../src/domain/errors.js'
import { counters, type NodeStatus } from '../../../src/runtime/counters.js'
import type { Trouble } from '../../../src/runtime/retry.js'
import { runMain } from '../../support/run-main.js'
import { begunFolder } from '../../support/begun.js'
import { temporaryFolder } from '../../support/temporary.js'

const status = (node: string, trouble?: Trouble): NodeStatus => {
  const still = { partition: 2, committed: 5n, position: 5n, inFlight: 0, held: 0, pursuing: 0 }
  return { node, counters: counters(), partitions: [trouble ? { ...still, trouble } : still] }
}

const paused = (): Trouble => ({
  state: 'paused',
  error: new SteerflowError('STEERFLOW_STORAGE', 'no permission on shards\u001b[2J'),
  since: Date.now() - 90_000,
  attempts: 5,
  next: Date.now() + 12_000,
})

it('another process reads which nodes are paused and why: status, its JSON, and doctor', async () => {
  const root = await begunFolder()
  const file = nodesFile(workersFolder(root))
  file.write([{ ...status('preprocess'), late: { records: 1000, letters: 370 } }, status('seal-scored', paused())])
  const run = (...argv: readonly string[]) => runMain([...argv, '--data-dir', root])
  const { out } = await run('status')
  expect(out).toMatch(
    /seal-scored paused \(partition 2\) for 1 min 3\d s: STEERFLOW_STORAGE: no permission on shards\S*; next retry in 1\d s/,
  )
  expect(out).not.toContain('\u001b')
  // The row of the node itself says so, in place of how far it is.
  const row = /^seal-scored +conversations\.scored .* {2}paused: STEERFLOW_STORAGE: no permission on shards/m
  expect(out).toMatch(row)
  const lag = (await run('status', '--lag')).out.split('\n').filter(line => line.startsWith('seal-scored  '))
  expect(lag.map(line => /paused: STEERFLOW_STORAGE|done/.exec(line)?.[0])).toEqual([
    'done',
    'done',
    'paused: STEERFLOW_STORAGE',
    'done',
  ])
  const rows = JSON.parse((await run('status', '--json')).out) as {
    node: string
    partition: number
    trouble: unknown
  }[]
  expect(rows.find(row => row.node === 'seal-scored' && row.partition === 2)?.trouble).toMatchObject({
    state: 'paused',
    code: 'STEERFLOW_STORAGE',
    attempts: 5,
  })
  expect(rows.filter(({ trouble }) => trouble !== null)).toHaveLength(1)
  const preprocess = rows.find(row => row.node === 'preprocess')
  expect(preprocess).toMatchObject({ late: { records: 1000, letters: 370 } })
  expect(out).toMatch(/preprocess .* 370 \(37 %\) +done\n/)
  const doctor = await run('doctor')
  expect(doctor.out).toMatch(/nodes +fail[^]*seal-scored of \S+ paused/)
  expect(doctor.out).toContain('turned 370 of its last 1000 records into dead letters')
  file.remove()
  expect((await run('status')).out).not.toContain('paused')
})

it('a report of a process that has ended, and a file that is none, are passed by', async () => {
  const folder = workersFolder(await temporaryFolder())
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'broken.nodes.json'), '{"worker":1')
  let now = Date.now()
  nodesFile(folder, () => now).write([status('seal-scored', paused())])
  expect((await readdir(folder)).length).toBe(2)
  expect(readNodesFiles(folder, () => now)).toHaveLength(1)
  now += 11_000
  expect(readNodesFiles(folder, () => now)).toEqual([])
})
