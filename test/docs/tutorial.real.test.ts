import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary.js'

const page = readFileSync('docs/tutorial.md', 'utf8')
const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block!)

/** What each block prints, run one after the other as a reader would; fails with the first that fails. */
async function printed(folder: string): Promise<readonly string[]> {
  const marker = '-- the next block --'
  const script = [
    'set -eo pipefail',
    `steerflow() { "${process.execPath}" "${resolve('dist/cli/main.js')}" "$@"; }`,
    ...blocks.map(block => `${block}echo '${marker}'`),
  ].join('\n')
  const child = spawn('bash', ['-c', script], { cwd: folder })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code] = (await once(child, 'close')) as [number]
  expect(code, err.slice(-3000)).toBe(0)
  return out.split(`${marker}\n`).slice(0, -1)
}

it('the tutorial leads from conversations to a training job, as it says', async () => {
  const folder = await temporaryFolder()
  await symlink(resolve('examples'), join(folder, 'examples'))
  const [taken, valueModel, line, annotated, sealed, jobs, traced] = await printed(folder)
  expect(page).toContain(`\`\`\`text\n${taken!}\`\`\``)
  expect(valueModel).toMatch(/train +940\n[^]*value-model-[0-9a-f]{12}[^]*active/)
  expect(line).toMatch(/^\{"conversations": \[.*"type": "TEXT_TO_VALUE"/)
  expect(annotated).toMatch(/"label": "quality:\d/)
  expect(sealed).toMatch(/steerlm[^]*value-model/)
  expect(jobs).toMatch(/value-model-\S+-baseline +succeeded[^]*steerlm-\S+-nemo-aligner +rendered[^]*train_gpt_sft\.py/)
  expect(traced).toMatch(/labelled by +value-model-[^]*→ conversations\.raw\/[^]*jobs\n +steerlm-/)
  expect(traced).toContain('line ')
})
