import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import threads from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/domain/digest.js'
import { LineFile } from '../../../src/adapters/storage/line-file.js'
import { temporaryFolder } from '../../support/temporary.js'

/** Every thread that is started from here on. */
const started: threads.Worker[] = []
const { Worker } = threads
threads.Worker = class extends Worker {
  constructor(...args: ConstructorParameters<typeof Worker>) {
    super(...args)
    started.push(this)
  }
}
syncBuiltinESMExports()

/** Lines of up to that many characters, some of two and three bytes. */
const lines = (count: number, most: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => 'aé€'[at % 3]!.repeat(((at * 7919) % most) + 1))

async function written(path: string, all: readonly string[]) {
  const file = await LineFile.create(path)
  for (const line of all) await file.append(line)
  return file.finish()
}

const factsOf = async (path: string, records: number) => {
  const bytes = await readFile(path)
  return { records, bytes: bytes.byteLength, sha256: sha256(bytes) }
}

describe('a file of lines', () => {
  it('has the digest of what it holds: nothing, less than a chunk, many chunks, lines larger than one', async () => {
    const root = await temporaryFolder()
    const cases = { none: [], small: lines(40, 900), large: lines(4000, 9000), long: lines(12, 3_000_000) }
    for (const [name, all] of Object.entries(cases)) {
      const path = join(root, name)
      expect(await written(path, all), name).toEqual(await factsOf(path, all.length))
      expect(await readFile(path, 'utf8'), name).toBe(all.map(line => `${line}\n`).join(''))
    }
  })

  it('shares one thread with files that are written at the same time, and leaves none of them behind', async () => {
    const root = await temporaryFolder()
    await written(join(root, 'first'), lines(1000, 9000))
    const threadsBefore = started.length
    const all = Array.from({ length: 8 }, (_, at) => lines(700 + at, 9000))
    const facts = await Promise.all(all.map((some, at) => written(join(root, String(at)), some)))
    for (const [at, some] of all.entries())
      expect(facts[at]).toEqual(await factsOf(join(root, String(at)), some.length))
    const abandoned = await LineFile.create(join(root, 'abandoned'))
    for (const line of all[0]!) await abandoned.append(line)
    await abandoned.abandon()
    expect(started.length).toBe(threadsBefore)
  })

  it('fails when the thread ends, and the next file has another', async () => {
    const root = await temporaryFolder()
    const half = await LineFile.create(join(root, 'half'))
    for (const line of lines(1000, 9000)) await half.append(line)
    await started.at(-1)!.terminate()
    await expect(
      (async () => {
        for (const line of lines(1000, 9000)) await half.append(line)
        await half.finish()
      })(),
    ).rejects.toMatchObject({ code: 'STEERFLOW_BUG' })
    await half.abandon()
    const path = join(root, 'next')
    expect(await written(path, lines(1000, 9000))).toEqual(await factsOf(path, 1000))
  })

  it('keeps no process from ending, and no process ends before it is whole', async () => {
    const root = await temporaryFolder()
    const path = join(root, 'lines')
    const module = fileURLToPath(new URL('../../../dist/adapters/storage/line-file.js', import.meta.url))
    const program = `
      const { LineFile } = await import(${JSON.stringify(module)})
      const file = await LineFile.create(${JSON.stringify(path)})
      for (let at = 0; at < 3000; at++) await file.append('x'.repeat(at))
      console.log(JSON.stringify(await file.finish()))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(30_000) })) as [number]
    expect([code, JSON.parse(out)]).toEqual([0, await factsOf(path, 3000)])
  })
})
