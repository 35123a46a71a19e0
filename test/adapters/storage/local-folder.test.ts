import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { localFolder } from '../../../src/adapters/storage/local-folder.js'
import { sha256 } from '../../../src/domain/digest.js'
import { temporaryFolder } from '../../support/temporary.js'
import { fileStorePromises, put, read } from './file-store-promises.js'

fileStorePromises(root => localFolder(join(root, 'kept')))

it('a local folder takes a file that an earlier call had renamed when it failed', async () => {
  const root = await temporaryFolder()
  const store = localFolder(root)
  await put(root, store, 'a/one', 'x')
  await store.put(join(root, 'spooled'), 'a/one', { bytes: 1, sha256: sha256('x') })
  expect((await read(store, 'a/one')).toString()).toBe('x')
  await rename(join(root, 'a/one'), join(root, 'elsewhere'))
  await expect(store.put(join(root, 'spooled'), 'a/one', { bytes: 1, sha256: sha256('x') })).rejects.toMatchObject({
    message: `cannot keep a/one in ${root}`,
  })
})
