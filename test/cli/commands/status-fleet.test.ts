import { afterEach, expect, test } from 'vitest'
import { fleetFile } from '../../../src/adapters/inference/fleet-file.js'
import { workersFolder } from '../../../src/adapters/workers/report-file.js'
import { main } from '../../../src/cli/program.js'
import { allRight, closeAll, fleetOf, serve } from '../../adapters/inference/fleet-under-test.js'
import { begunFolder } from '../../support/begun.js'

afterEach(closeAll)

async function status(root: string, ...flags: string[]): Promise<string> {
  let out = ''
  const code = await main(['status', '--data-dir', root, ...flags], {
    out: text => void (out += String(text)),
    err: () => {},
  })
  expect(code).toBe(0)
  return out
}

test('status shows the servers of the processes at work, and says when there are none', async () => {
  const root = await begunFolder()
  expect(await status(root, '--fleet')).toContain('no process is working on this data folder')
  expect(await status(root)).not.toContain('endpoint')

  const server = await serve()
  const fleet = fleetOf([server])
  await allRight(fleet, 5)
  fleetFile(workersFolder(root)).write(fleet.stats())
  const shown = await status(root)
  expect(shown).toMatch(/preprocess +conversations\.raw/)
  expect(shown).toMatch(new RegExp(`${server.url} +– +up +line +0/\\d+ +\\d+ +5 `))
  expect(await status(root, '--fleet')).not.toContain('conversations.raw')
  const [{ worker }] = JSON.parse(await status(root, '--fleet', '--json')) as [{ worker: string }]
  expect(worker).toContain(String(process.pid))
  expect(await status(root, '--fleet')).toContain(`${worker}: `)

  const since = Date.now() - 5_400
  fleetFile(workersFolder(root)).write(fleet.stats(), {
    waits: [{ what: 'an active value model', waiting: 3, since }],
    loads: [{ what: 'the training index of a snapshot', waiting: 1, since }],
  })
  expect(await status(root)).toMatch(
    /^loading the training index of a snapshot \(\d+ s\); waits for an active value model \(\d+ s\)$/m,
  )
  expect(JSON.parse(await status(root, '--fleet', '--json'))).toMatchObject([
    { waits: [{ what: 'an active value model', waiting: 3, since }] },
  ])
  expect(JSON.parse(await status(root, '--fleet', '--json'))).toMatchObject([
    { waiting: 0, turnsScored: 5, endpoints: [{ url: server.url, answered: 5, errors: {} }] },
  ])
})
