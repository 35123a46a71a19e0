import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openSource } from '../../src/adapters/source/open-source.js'
import { main } from '../../src/cli/program.js'
import { Raw } from '../../src/domain/conversation.js'
import { preprocess } from '../../src/stages/preprocess.js'
import { testStage } from '../../src/stages/test-stage.js'

const input = 'examples/data/bad.jsonl'

/** The code that a column of examples/data/bad.md promises for each line; null where the line is taken. */
async function promised(column: 'command' | 'flow'): Promise<(string | null)[]> {
  const rows = (await readFile('examples/data/bad.md', 'utf8')).split('\n').filter(row => /^\| \d/.test(row))
  return rows.map(row => {
    const cell = row.split('|')[column === 'command' ? 3 : 4]!.trim()
    return cell.startsWith('taken') ? null : cell
  })
}

it('says what the file command makes of every line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bad-'))
  try {
    const prefix = join(folder, 'out')
    const argv = ['preprocess', '--input_file', input, '--output_file_prefix', prefix]
    const code = await main(argv, { out: () => undefined, err: () => undefined, interactive: false, columns: 80 })
    expect(code).toBe(3)
    const rejected = (await readFile(`${prefix}.rejected.jsonl`, 'utf8')).trimEnd().split('\n')
    const codes = (await promised('command')).map((): string | null => null)
    for (const reject of rejected) {
      const { line, code } = JSON.parse(reject) as { line: number; code: string }
      codes[line - 1] = code
    }
    expect(codes).toEqual(await promised('command'))
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('says what the flow makes of every line', async () => {
  const source = await openSource(input)
  const codes: (string | null)[] = []
  for await (const item of source.items()) {
    if (item.kind === 'reject') codes.push(item.code)
    else {
      const raw = Raw.parse(JSON.parse(item.value.toString()))
      const failed = await testStage(preprocess, raw, { needs: preprocess.exampleNeeds!() }).then(
        () => null,
        (error: unknown) => (error as { code: string }).code,
      )
      codes.push(failed)
    }
  }
  await source.close()
  expect(codes).toEqual(await promised('flow'))
})
