import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { runCli } from '../../support/cli.js'
import { temporaryFolder } from '../../support/temporary.js'

/** Runs nodes of a deployment until they are idle, as a worker with that data folder. */
const worker = (log: object, dir: string, nodes: string, ...more: readonly string[]) =>
  runCli(['run', '--until-idle', '--nodes', nodes, ...more, '--data-dir', dir, '--set', `log=${JSON.stringify(log)}`])

test('a worker with another store is refused with both named; one that needs none runs; --adopt moves', async () => {
  const kafka = { brokers: inject('kafka').bootstrap, namespace: `o${randomUUID().slice(0, 8)}` }
  const run = (dir: string, nodes: string, ...more: readonly string[]) => worker({ kafka }, dir, nodes, ...more)
  const [first, second] = [await temporaryFolder(), await temporaryFolder()]
  // Several at once: whoever is first, all have the same store, and none is ended by another.
  const all = await Promise.all([1, 2, 3, 4].map(() => run(first, 'seal-labelled')))
  expect(all.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0, 0, 0])

  const refused = await run(second, 'seal-labelled,trigger')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('STEERFLOW_STORE_FOREIGN')
  expect(refused.stderr).toContain(first)
  expect(refused.stderr).toContain(second)
  expect(refused.stderr).toContain('--adopt')

  expect(await run(second, 'preprocess,clean-labelled')).toMatchObject({ code: 0 })
  expect(await run(first, 'seal-labelled')).toMatchObject({ code: 0 })

  expect(await run(second, 'seal-labelled', '--adopt')).toMatchObject({ code: 0 })
  expect(await run(second, 'seal-labelled')).toMatchObject({ code: 0 })
  expect(await run(first, 'seal-labelled')).toMatchObject({ code: 2 })

  // A store that was lost is another one, though it has the same path.
  await rm(join(second, 'store-id'), { recursive: true })
  expect(await run(second, 'seal-labelled')).toMatchObject({ code: 2 })
})
