import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { localFolder } from '../../../src/adapters/storage/local-folder.js'
import { ownStore } from '../../../src/cli/run/own-store.js'
import type { Workspace } from '../../../src/cli/workspace.js'
import { temporaryFolder } from '../../support/temporary.js'

const seal = [{ stage: { needs: ['shards'] as const } }]

/** A log that notes what another worker, which is a little ahead, does with the same folder. */
async function beside(noting: (root: string) => Promise<object | null>) {
  const root = await temporaryFolder()
  const admin = {
    noted: async () => {
      const noted = await noting(root)
      return noted && JSON.stringify(noted)
    },
  }
  const log = { admin } as unknown as Workspace['log']
  return { root, own: () => ownStore({ log, files: localFolder(root), root }, seal, false) }
}

const noted = (id: string) => ({ id, place: '/data', host: 'other', at: '2026-11-28T00:00:00.000Z' })

test('an id that another worker gives to the same store, and notes, in between is its own too', async () => {
  const id = '00000000-0000-4000-8000-000000000001'
  const { root, own } = await beside(async root => {
    await mkdir(join(root, 'store-id'), { recursive: true })
    await writeFile(join(root, 'store-id', id), `${id}\n`)
    return noted(id)
  })
  await own()
  expect(await readdir(join(root, 'store-id'))).toEqual([id])
})

test('a store whose id is not the noted one is refused', async () => {
  const { own } = await beside(() => Promise.resolve(noted('00000000-0000-4000-8000-000000000002')))
  await expect(own()).rejects.toMatchObject({ code: 'STEERFLOW_STORE_FOREIGN' })
})
