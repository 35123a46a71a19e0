import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { makeFolder, storing, writeFirst } from '../storage/durable.js'
import { readSmall } from '../storage/small-file.js'

/**
 * Eight hexadecimal digits that identify a data folder wherever it is mounted; created at the first call. Schedulers are
 * shared, and two data folders may train on the same records, so their jobs need distinct names.
 */
export async function instanceOf(root: string): Promise<string> {
  const path = join(root, 'jobs', 'instance')
  const read = async (): Promise<string | null> => {
    const text = await readSmall(path).catch(() => null)
    return text !== null && /^[0-9a-f]{8}$/.test(text) ? text : null
  }
  return storing(`name the data folder ${root} in ${path}`, async () => {
    const known = await read()
    if (known !== null) return known
    await makeFolder(join(root, 'jobs'))
    await writeFirst(path, randomBytes(4).toString('hex'))
    const made = await read()
    if (made === null) throw new Error(`${path} does not hold eight hexadecimal digits`)
    return made
  })
}
