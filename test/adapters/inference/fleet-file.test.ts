import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { fleetFile, readFleetFiles } from '../../../src/adapters/inference/fleet-file.js'
import { allRight, closeAll, fleetOf, serve } from './fleet-under-test.js'

const folder = mkdtempSync(join(tmpdir(), 'steerflow-fleet-file-'))
afterEach(closeAll)
afterAll(() => rmSync(folder, { recursive: true }))

describe('the file of a fleet', () => {
  it('shows others what it does, and no password', async () => {
    const server = await serve()
    const fleet = fleetOf([{ url: server.url.replace('//', '//me:secret@') }])
    await allRight(fleet, 5)
    const file = fleetFile(folder)
    file.write(fleet.stats())
    const reports = readFleetFiles(folder)
    expect(reports).toMatchObject([
      { turnsScored: 5, waiting: 0, endpoints: [{ url: server.url, state: 'up', answered: 5 }] },
    ])
    expect(JSON.stringify(reports)).not.toContain('secret')
    file.remove()
    expect(readFleetFiles(folder)).toEqual([])
  })

  it('is not believed when it is old, foreign or torn', async () => {
    const fleet = fleetOf([await serve()])
    fleetFile(folder, () => 0).write(fleet.stats())
    expect(readFleetFiles(folder, () => 9_999)).toHaveLength(1)
    expect(readFleetFiles(folder, () => 10_000)).toEqual([])
    writeFileSync(join(folder, 'torn.json'), '{"worker":')
    writeFileSync(join(folder, 'other.json'), '{"at":1}')
    expect(readFleetFiles(folder, () => 0)).toHaveLength(1)
    expect(readFleetFiles(join(folder, 'absent'))).toEqual([])
  })

  it('does not stop the work when it cannot be written', async () => {
    const fleet = fleetOf([await serve()])
    writeFileSync(join(folder, 'taken'), '')
    expect(() => fleetFile(join(folder, 'taken')).write(fleet.stats())).not.toThrow()
  })
})
