import { afterEach, expect, test } from 'vitest'
import { fleetFile, fleetFolder } from '../../../src/adapters/inference/fleet-file.js'
import { main } from '../../../src/cli/program.js'
import { allRight, closeAll, fleetOf, serve } from '../../adapters/inference/fleet-under-test.js'
import { temporaryFolder } from '../../support/temporary.js'

afterEach(closeAll)

async function status(root: string, ...flags: string[]): Promise<string> {
  let out = ''
  const code = await main(['status', '--data-dir', root, ...flags], {
    out: text => (out += String(text)),
    err: () => {},
  })
  expect(code).toBe(0)
  return out
}

test('status shows the servers of the processes at work, and says when there are none', async () => {
  const root = await temporaryFolder()
  expect(await status(root, '--fleet')).toContain('no process is at work on this data folder')
  expect(await status(root)).not.toContain('endpoint')

  const server = await serve()
  const fleet = fleetOf([server])
  await allRight(fleet, 5)
  fleetFile(fleetFolder(root)).write(fleet.stats())
  const shown = await status(root)
  expect(shown).toMatch(/preprocess +conversations\.raw/)
  expect(shown).toMatch(new RegExp(`${server.url} +– +up +0/\\d+ +\\d+ +5 `))
  expect(await status(root, '--fleet')).not.toContain('conversations.raw')
  expect(JSON.parse(await status(root, '--fleet', '--json'))).toMatchObject([
    { waiting: 0, turnsScored: 5, endpoints: [{ url: server.url, answered: 5, errors: {} }] },
  ])
})
