import { randomBytes } from 'node:crypto'
import { link, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, storing, writeDurably } from '../storage/durable.js'

/**
 * Eight hexadecimal digits that belong to a data folder, wherever it is mounted: made at the first call, the same ever
 * after. Schedulers are shared, and two data folders may train on the same records; their jobs must not be mistaken for
 * each other.
 */
export async function instanceOf(root: string): Promise<string> {
  const path = join(root, 'jobs', 'instance')
  const read = async (): Promise<string | null> => {
    const text = await readFile(path, 'utf8').catch(() => null)
    return text !== null && /^[0-9a-f]{8}$/.test(text) ? text : null
  }
  return storing('name this data folder', async () => {
    const known = await read()
    if (known !== null) return known
    const proposal = randomBytes(4).toString('hex')
    await makeFolder(join(root, 'jobs'))
    await writeDurably(`${path}.${proposal}`, proposal)
    // Of any number that propose one, the first wins: a link fails where the name is taken.
    await link(`${path}.${proposal}`, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    await rm(`${path}.${proposal}`, { force: true })
    const made = await read()
    if (made === null) throw new Error(`${path} does not hold eight hexadecimal digits`)
    return made
  })
}
