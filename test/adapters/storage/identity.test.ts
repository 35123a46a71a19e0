import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { storeIds } from '../../../src/adapters/storage/identity.js'
import { localFolder } from '../../../src/adapters/storage/local-folder.js'
import { temporary } from '../../support/pipelines.js'

it('a store has an id, the same whenever it is asked for, and no other store has it', async () => {
  const [one, other] = [temporary(), temporary()]
  const first = await storeIds(localFolder(one), join(one, 'tmp'))
  expect(first).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)])
  expect(await storeIds(localFolder(one), join(one, 'tmp'))).toEqual(first)
  expect(await storeIds(localFolder(other), join(other, 'tmp'))).not.toEqual(first)
})

it('two that ask at once for the first time both know it again later', async () => {
  const dir = temporary()
  const asked = await Promise.all(Array.from({ length: 8 }, () => storeIds(localFolder(dir), join(dir, 'tmp'))))
  const later = await storeIds(localFolder(dir), join(dir, 'tmp'))
  for (const ids of asked) expect(later).toEqual(expect.arrayContaining([...ids]))
})

it('what is no id is none', async () => {
  const dir = temporary()
  mkdirSync(join(dir, 'store-id'))
  writeFileSync(join(dir, 'store-id', '.DS_Store'), '')
  expect(await storeIds(localFolder(dir), join(dir, 'tmp'))).toHaveLength(1)
})
