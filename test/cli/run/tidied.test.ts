import { mkdir, readdir, rm, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { Config } from '../../../src/cli/config.js'
import { tidied } from '../../../src/cli/run/tidied.js'
import { openWorkspace } from '../../../src/cli/workspace.js'
import { seal } from '../../support/sealed.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation } from '../../support/training.js'

it('a run keeps as many snapshots as its rule says, says what it removed, and goes on where it cannot remove', async () => {
  const keep = { datasets: { steerlm: { snapshot: { keep: { count: 2 } } } } }
  const workspace = await openWorkspace(Config.parse({ dataDir: await temporaryFolder(), ...keep }), { begins: true })
  onTestFinished(() => workspace.close())
  const { root } = workspace
  const lines: Record<string, unknown>[] = []
  const logger = pino({}, { write: line => void lines.push(JSON.parse(line) as Record<string, unknown>) })
  const snapshots = tidied(workspace, await openSnapshots({ root }), logger)
  const made: string[] = []
  const make = async (id: string) => {
    const { digest, path } = await snapshots.materialise('steerlm', await seal(root, [[conversation(id)]]))
    // As if it had been made a while ago.
    await utimes(join(root, path), 1000 + made.length, 1000 + made.length)
    made.push(digest)
    return digest
  }
  const there = async () => (await readdir(join(root, 'datasets/steerlm'))).filter(name => made.includes(name))
  for (const id of ['a', 'b', 'c', 'd', 'e']) await make(id)
  expect((await there()).sort()).toEqual(made.slice(-2).sort())
  expect(lines.map(({ event, name }) => [event, name])).toEqual(made.slice(0, 3).map(name => ['removed', name]))

  // A link that leads out of the data folder stands where the indexes are: nothing is removed, and the snapshot is there.
  await rm(join(root, 'near-duplicates'), { recursive: true, force: true })
  await mkdir(join(root, 'near-duplicates'))
  await symlink('/tmp', join(root, 'near-duplicates/steerlm'))
  lines.length = 0
  const last = await make('f')
  expect(await there()).toContain(last)
  expect(lines).toMatchObject([{ event: 'not-removed', code: 'STEERFLOW_PATH_OUTSIDE', dataset: 'steerlm' }])
})
