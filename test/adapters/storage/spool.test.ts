import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ownIdentity } from '../../../src/adapters/processes/identity.js'
import { processTable } from '../../../src/adapters/processes/process-table.js'
import { openSpool } from '../../../src/adapters/storage/spool.js'
import { temporaryFolder } from '../../support/temporary.js'

const longAgo = new Date(Date.now() - 8 * 86_400_000)

/** Makes a spool folder as a process would, with one file in it, and returns its name. */
async function left(root: string, owner: readonly unknown[], written = new Date()): Promise<string> {
  const name = Buffer.from(JSON.stringify(owner)).toString('base64url')
  const folder = join(root, 'spool', name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'file'), '')
  for (const path of [join(folder, 'file'), folder]) await utimes(path, written, written)
  return name
}

it('keeps what may still be needed, and removes what nobody will come back to', async () => {
  const root = await temporaryFolder()
  const { pid, started, boot } = await ownIdentity()
  const here = await processTable.space()
  const kept = [
    await left(root, [pid, started, boot, here], longAgo),
    await left(root, [pid, 'another', boot, 'another container']),
    await left(root, [pid, started, 'another machine', 'another machine']),
  ]
  await left(root, [pid, 'another', boot, here])
  await left(root, [pid, started, 'before the restart', here])
  await left(root, [pid, 'long ago', boot, 'another container'], longAgo)

  await (await openSpool(root)).folder('cut')
  expect((await readdir(join(root, 'spool'))).sort()).toEqual(kept.sort())
})
