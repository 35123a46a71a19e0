import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { startNode } from '../../support/cli.js'
import { temporaryFolder } from '../../support/temporary.js'

/** With STEERFLOW_MANY_LINES=1000000 this takes minutes, and no more memory. */
const many = Number(process.env.STEERFLOW_MANY_LINES ?? 100_000)

/** Megabytes of heap: a program that keeps something of each line ends in the middle. */
const heap = 72

const chat = (n: number): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: `q${n}` },
      { role: 'assistant', content: 'a' },
    ],
  })

function* lines(of: (n: number) => string) {
  for (let n = 0; n < many; n++) yield `${of(n)}\n`
}

it.each([
  ['the smallest conversations', chat, { records: many, rejected: 0 }],
  ['lines of two bytes, which are none', () => '{}', { records: 0, rejected: many }],
])('ingest takes any number of %s in the memory that a few take', async (_, of, expected) => {
  const folder = await temporaryFolder()
  const file = join(folder, 'many.jsonl')
  await writeFile(file, Readable.from(lines(of)))
  const { code, stdout, stderr } = await startNode([
    `--max-old-space-size=${heap}`,
    'dist/cli/main.js',
    ...['ingest', file, '--json', '--data-dir', join(folder, 'data')],
  ]).ended
  expect(stderr).not.toContain('heap out of memory')
  expect(JSON.parse(stdout)).toMatchObject([expected])
  expect(code).toBe(expected.records > 0 ? 0 : 3)
})
