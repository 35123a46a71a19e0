import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, readdir, readFile, truncate, utimes, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTrainingIndex } from '../../../src/adapters/bootstrap/training-index.js'
import { compiledUrl } from '../../../src/adapters/compiled-url.js'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { exists } from '../../../src/adapters/storage/durable.js'
import type { Conversation } from '../../../src/domain/conversation.js'
import { processorMs, threadMs } from '../../support/processor-time.js'
import { nearTexts } from '../../support/near-texts.js'
import { seal } from '../../support/sealed.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation } from '../../support/training.js'

const texts = nearTexts(10)
/** Where the adapter lies, for the child process, which runs compiled code. */
const adapter = new URL('../../../src/adapters/bootstrap/', import.meta.url).href

/** A snapshot of these records, `d`. */
async function materialised(records: readonly Conversation[]) {
  const root = await temporaryFolder()
  const snapshots = await openSnapshots({ root })
  const snapshot = await snapshots.materialise('d', await seal(root, [records]))
  const folder = join(root, 'near-duplicates', 'd')
  return { root, snapshot, folder, files: () => readdir(folder) }
}

const long = texts.words(100)
const answer = long.join(' ')
const records = [
  conversation('a', { text: answer }),
  conversation('b', { text: 'Short.' }),
  conversation('c', { text: answer }),
  conversation('v', { text: texts.words(100).join(' '), split: 'validation' }),
]
const validation = records[3]!.conversations[1]!.value

describe('the index of a training snapshot', () => {
  it('holds what the Assistant says in the training split, each text once', async () => {
    const { root, snapshot } = await materialised(records)
    const index = await openTrainingIndex({ root, snapshot })
    expect(index.size).toBe(2)
    expect(index.bytes).toBeLessThan(300_000)
    expect(await index.nearest(answer)).toEqual({ id: 'a:1', similarity: 1 })
    expect(await index.nearest(' SHORT ')).toEqual({ id: 'b:1', similarity: 1 })
    // The question is nobody's answer, and validation is not training.
    expect(await index.nearest('Why?')).toBeNull()
    expect(await index.nearest(validation)).toBeNull()
    expect(await index.nearest(texts.words(100).join(' '))).toBeNull()
    const near = await index.nearest([...long.slice(0, 95), ...texts.words(5)].join(' '))
    expect(near?.id).toBe('a:1')
    expect(near?.similarity).toBeGreaterThan(0.85)
  })

  it('is kept, whatever the threshold, and read again without the snapshot', async () => {
    const { root, snapshot, folder, files } = await materialised(records)
    const read: number[] = []
    await openTrainingIndex({ root, snapshot, progress: ({ bytes, of }) => read.push(bytes / of) })
    expect(read.at(-1)).toBe(1)
    const [name] = await files()
    const old = new Date(1_000_000)
    await utimes(join(folder, name!), old, old)
    await truncate(join(root, snapshot.path, 'train.jsonl'), 0)
    const again = await openTrainingIndex({ root, snapshot, threshold: 0.9 })
    expect(await again.nearest(answer)).toEqual({ id: 'a:1', similarity: 1 })
    expect((await stat(join(folder, name!))).mtimeMs).toBe(old.getTime())
    expect(await files()).toEqual([name])
  })

  it('is made anew from a torn or foreign file, and old files go', async () => {
    const { root, snapshot, folder, files } = await materialised(records)
    await openTrainingIndex({ root, snapshot })
    const [name] = await files()
    const path = join(folder, name!)
    const whole = await readFile(path)
    await writeFile(join(folder, `${snapshot.digest}-0123456789abcdef.index`), 'made by another version')
    await writeFile(join(folder, `${'0'.repeat(64)}-0123456789abcdef.index`), 'of a snapshot that is gone')
    const other = '1'.repeat(64)
    await mkdir(join(root, 'datasets', 'd', other))
    await writeFile(join(folder, `${other}-0123456789abcdef.index`), 'of another snapshot')
    for (const spoil of [() => truncate(path, 100), () => writeFile(path, 'foreign'), () => appendFile(path, 'more')]) {
      await spoil()
      const index = await openTrainingIndex({ root, snapshot })
      expect(index.size).toBe(2)
      expect(await readFile(path)).toEqual(whole)
    }
    expect((await files()).sort()).toEqual([name!, `${other}-0123456789abcdef.index`].sort())
  })

  it('is not made of a snapshot that is not what was materialised', async () => {
    const { root, snapshot } = await materialised(records)
    const path = join(root, snapshot.path, 'train.jsonl')
    await writeFile(path, (await readFile(path, 'utf8')).replace('Short.', 'Shore.'))
    await expect(openTrainingIndex({ root, snapshot })).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
    await writeFile(path, 'no record\n')
    await expect(openTrainingIndex({ root, snapshot })).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
      message: expect.stringContaining('contains a line that is not a record') as string,
    })
    const absent = { dataset: 'd', digest: 'f'.repeat(64) }
    await expect(openTrainingIndex({ root, snapshot: absent })).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
    await expect(openTrainingIndex({ root, snapshot, threshold: 0.5 })).rejects.toMatchObject({
      code: 'STEERFLOW_CONFIG_INVALID',
    })
    expect(await readdir(join(root, 'spool')).then(names => readdir(join(root, 'spool', names[0]!)))).toEqual([])
  })

  it('can be given up at any time', async () => {
    const { root, snapshot } = await materialised(records)
    const stop = new Error('stopped')
    await expect(openTrainingIndex({ root, snapshot, signal: AbortSignal.abort(stop) })).rejects.toBe(stop)
    const during = new AbortController()
    const opening = openTrainingIndex({ root, snapshot, signal: during.signal, progress: () => during.abort(stop) })
    await expect(opening).rejects.toBe(stop)
    await openTrainingIndex({ root, snapshot })
    await expect(openTrainingIndex({ root, snapshot, signal: AbortSignal.abort(stop) })).rejects.toBe(stop)
  })

  it('is made anew after a SIGKILL in the middle, and nothing is left of what was begun', async () => {
    const { root, snapshot } = await materialised(records)
    const program = `
      import { openTrainingIndex } from ${JSON.stringify(compiledUrl(adapter, './training-index.js').href)}
      const progress = () => process.kill(process.pid, 'SIGKILL')
      await openTrainingIndex({ ...${JSON.stringify({ root, snapshot })}, progress })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' })
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    expect(await exists(join(root, 'near-duplicates'))).toBe(false)
    const begun = await readdir(join(root, 'spool'), { recursive: true })
    expect(begun.filter(name => name.endsWith('/index'))).toHaveLength(1)
    const index = await openTrainingIndex({ root, snapshot })
    expect(await index.nearest(answer)).toEqual({ id: 'a:1', similarity: 1 })
    const left = await readdir(join(root, 'spool'), { recursive: true })
    expect(left.filter(name => name.includes('near-duplicates'))).toEqual([])
  })

  it('of twenty thousand answers leaves the event loop free while it is made and read', async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => conversation(`r${at}`, { text: texts.words(120).join(' ') }))
    const { root, snapshot } = await materialised(many)
    let worst = 0
    const opened = async (): Promise<void> => {
      let last = threadMs()
      const turn = (): void => {
        const now = threadMs()
        worst = Math.max(worst, now - last)
        last = now
      }
      const timer = setInterval(turn, 5)
      const index = await openTrainingIndex({ root, snapshot })
      turn()
      clearInterval(timer)
      expect(index.size).toBe(20_000)
    }
    const made = await processorMs(opened)
    const kept = await processorMs(opened)
    expect(kept).toBeLessThan(made)
    expect(worst).toBeLessThan(1_000)
  })
})
