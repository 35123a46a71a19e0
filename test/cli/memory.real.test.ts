import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { main } from '../../src/cli/program.js'
import { startContractServer } from '../support/contract-server/server.js'
import { temporaryFolder } from '../support/temporary.js'

// A gigabyte was measured by hand (docs/benchmarks.md); what grows with the input shows on a tenth of it too.

const limit = 512 * 2 ** 20
const corpus = 'examples/data/oasst1_en_val.trees.jsonl'
const run = promisify(execFile)

const script = `
const { main } = await import('./dist/cli/program.js')
const code = await main(process.argv.slice(1), { out: () => {}, err: () => {}, interactive: false, columns: 80 })
console.log(JSON.stringify({ code, peak: process.resourceUsage().maxRSS * 1024 }))
`

/** Runs a command in a process of its own: its exit code, and the most memory that it held. */
async function measured(...argv: readonly string[]): Promise<{ code: number; peak: number }> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, ...argv])
  return JSON.parse(stdout) as { code: number; peak: number }
}

/** Writes numbered pieces to a file until it has so many megabytes. */
async function fileOf(path: string, megabytes: number, piece: (index: number) => string): Promise<string> {
  const file = createWriteStream(path)
  for (let index = 0, size = 0; size < megabytes * 1e6; index++) {
    const text = piece(index)
    size += Buffer.byteLength(text)
    if (!file.write(text)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
  return path
}

it('clean keeps within 512 MB', async () => {
  const folder = await temporaryFolder()
  const prefix = join(folder, 'whole')
  const quiet = { out: () => undefined, err: () => undefined, interactive: false, columns: 80 }
  const argv = ['preprocess', '--input-file', corpus, '--output-file-prefix', prefix, '--type', 'VALUE_TO_TEXT']
  expect(await main(argv, quiet)).toBe(0)
  const records = await readFile(`${prefix}_train.jsonl`, 'utf8')
  const input = await fileOf(join(folder, 'in.jsonl'), 120, () => records)
  const model = ['--model-file', 'examples/data/tokenizer.model.v1']
  const output = join(folder, 'out.jsonl')
  const { code, peak } = await measured('clean', '--dataset-file', input, '--output-file', output, ...model)
  expect(code).toBe(0)
  expect((await stat(output)).size).toBe((await stat(input)).size)
  expect(peak).toBeLessThan(limit)
})

it('annotate keeps within 512 MB', async () => {
  const server = await startContractServer({})
  try {
    const folder = await temporaryFolder()
    const words = 'the quick brown fox jumps over a lazy dog '.repeat(600)
    const record = (index: number): string => {
      const conversations = [
        { value: `${index} ${words}`, from: 'User' },
        { value: `${words} ${index}`, from: 'Assistant' },
      ]
      return `${JSON.stringify({ conversations, system: '', mask: 'User', type: 'VALUE_TO_TEXT' })}\n`
    }
    const input = await fileOf(join(folder, 'in.jsonl'), 80, record)
    const files = ['--input-file-name', input, '--output-file-name', join(folder, 'out.jsonl')]
    const { code, peak } = await measured('annotate', ...files, '--port-num', String(server.port))
    expect(code).toBe(0)
    expect(peak).toBeLessThan(limit)
  } finally {
    await server.stop()
  }
})

it('ingest keeps within 512 MB', async () => {
  const folder = await temporaryFolder()
  const trees = await readFile(corpus, 'utf8')
  const input = await fileOf(join(folder, 'in.jsonl'), 150, () => trees)
  const { code, peak } = await measured('ingest', input, '--data-dir', join(folder, 'data'))
  expect(code).toBe(0)
  expect(peak).toBeLessThan(limit)
})
