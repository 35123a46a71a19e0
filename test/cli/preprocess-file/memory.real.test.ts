import { execFileSync } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const script = `
const { main } = await import('./dist/cli/program.js')
const [input, prefix] = process.argv.slice(1)
const quiet = { out: () => {}, err: () => {} }
const code = await main(['preprocess', '--input-file', input, '--output-file-prefix', prefix, '--workers', '2'], quiet)
console.log(JSON.stringify({ code, peak: process.resourceUsage().maxRSS * 1024 }))
`

/** A gigabyte takes 20 bytes a line more than this; it was measured once and is too slow for every run. */
it('keeps within 512 MB on 150 MB of input, whose output is as large', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'memory-'))
  try {
    const corpus = await readFile('examples/data/oasst1_en_val.trees.jsonl')
    const input = join(folder, 'trees.jsonl')
    for (let copy = 0; copy < 54; copy++) await appendFile(input, corpus)
    const argv = ['--input-type=module', '-e', script, input, join(folder, 'out')]
    const { code, peak } = JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' })) as {
      code: number
      peak: number
    }
    expect(code).toBe(0)
    expect(peak).toBeLessThan(512 * 2 ** 20)
  } finally {
    await rm(folder, { recursive: true })
  }
})
