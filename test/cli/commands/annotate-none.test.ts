import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { main } from '../../../src/cli/program.js'

/** Estimates a file with --turns assistant; the exit code and what was said. */
async function estimate(lines: readonly object[]) {
  const folder = await mkdtemp(join(tmpdir(), 'none-'))
  try {
    const input = join(folder, 'in.jsonl')
    await writeFile(input, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
    let [out, err] = ['', '']
    const code = await main(['annotate', '--estimate', '--json', '--turns', 'assistant', '--input-file-name', input], {
      out: text => void (out += String(text)),
      err: text => void (err += text),
      interactive: false,
      columns: 80,
    })
    return { code, err, turns: (JSON.parse(out) as { turns: number }).turns }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const line = (mask: string, ...speakers: string[]) => ({
  ...{ system: 's', mask, type: 'VALUE_TO_TEXT' },
  conversations: speakers.map(from => ({ from, value: 'x', label: null })),
})

it('counts the turns of all speakers but the masked one', async () => {
  expect(await estimate([line('human', 'human', 'gpt'), line('User', 'User', 'Robin', 'Assistant')])).toMatchObject({
    code: 0,
    turns: 3,
  })
})

it('is an error where no turn is to be scored', async () => {
  const { code, err, turns } = await estimate([line('gpt,human', 'human', 'gpt')])
  expect([code, turns]).toEqual([3, 0])
  expect(err).toContain('no turn was scored')
})
