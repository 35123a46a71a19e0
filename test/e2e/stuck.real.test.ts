import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Summary } from '../../src/cli/summary/summary.js'
import { runCli } from '../support/cli.js'
import { temporary } from '../support/pipelines.js'

/** How long a run may take that ends by itself, on a busy machine: before, these stood still for ever. */
const bound = 120_000

const rows = 'test/fixtures/helpsteer/rows-24.jsonl'
const [row] = readFileSync(rows, 'utf8').split('\n')
const oasst = {
  conversations: [
    { value: 'Explain it.', from: 'User', label: null },
    { value: 'It is simple.', from: 'Assistant', label: 'quality:4,toxicity:0,lang:en' },
  ],
  system: '',
  mask: 'User',
  type: 'VALUE_TO_TEXT',
}

test(
  'HelpSteer rows alone: the run takes the set that its data has',
  async () => {
    const dir = temporary()
    const { code, stderr } = await runCli(['quickstart', rows, '--data-dir', dir])
    expect(code, stderr).toBe(0)
    const summary = JSON.parse(readFileSync(join(dir, 'summary.json'), 'utf8')) as Summary
    expect(summary.nodes.find(({ node }) => node === 'annotate')).toMatchObject({ in: 24, deadLettered: {} })
    const { stdout } = await runCli(['tap', 'conversations.scored', '--values', '--limit', '1', '--data-dir', dir])
    const scored = JSON.parse(stdout) as { steerflow: { attribute_set: string }; conversations: { label?: string }[] }
    expect(scored.steerflow.attribute_set).toBe('helpsteer-5@1')
    expect(scored.conversations.at(-1)!.label).toMatch(
      /^helpfulness:\d,correctness:\d,coherence:\d,complexity:\d,verbosity:\d$/,
    )
  },
  bound,
)

test(
  'HelpSteer rows where the configuration asks for another set: the run stops and names both',
  async () => {
    const { code, stderr } = await runCli([
      'quickstart',
      rows,
      '--data-dir',
      temporary(),
      '--set',
      'attributes=oasst-12-lang',
    ])
    expect(code, stderr).toBe(2)
    expect(stderr).toContain('STEERFLOW_CONFIG_INVALID')
    expect(stderr).toMatch(/asks for oasst-12-lang@1, but the value model .* predicts helpsteer-5@1/)
  },
  bound,
)

test(
  'rows of two attribute sets in a file: the run ends with the reason of the refused job',
  async () => {
    const dir = temporary()
    const file = join(dir, 'mixed.jsonl')
    writeFileSync(file, `${row}\n${JSON.stringify(oasst)}\n`)
    const { code, stderr } = await runCli(['quickstart', file, '--data-dir', dir])
    expect(code, stderr).toBe(2)
    expect(stderr).toContain('STEERFLOW_STUCK')
    expect(stderr).toMatch(/was refused: its records have several attribute sets, helpsteer-5@1, oasst-12-lang@1/)
    expect(stderr).toContain('"event":"waiting-for"')
  },
  bound,
)
