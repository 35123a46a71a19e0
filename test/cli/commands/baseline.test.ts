import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BaselineMetrics } from '../../../src/adapters/baseline/train-files.js'
import { main } from '../../../src/cli/program.js'
import { conversationOf, trainingLines, writeSnapshot } from '../../support/baseline.js'

let folder: string
let snapshot: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steerflow-baseline-command-'))
  snapshot = await writeSnapshot(join(folder, 'snapshot'), trainingLines(80).map(conversationOf))
})
afterAll(() => rm(folder, { recursive: true }))

async function run(...argv: string[]) {
  let out = ''
  let err = ''
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    interactive: false,
  }
  return { code: await main(['baseline', ...argv], io), out, err }
}

describe('steerflow baseline train', () => {
  it('writes a model and its figures, and shows them with what they are worth', async () => {
    const output = join(folder, 'model')
    const { code, out, err } = await run('train', '--snapshot', snapshot, '--output', output, '--folds=3')
    expect(code).toBe(0)
    expect(out).toMatch(/^attribute +turns +spearman +95% interval +length alone/)
    expect(out).toContain('160 turns of 40 trees; figures for assistant turns of held-out trees, 3 folds.')
    expect(out).toContain('about as good as the length of the answer alone')
    expect(out).toContain('Languages: de en.')
    expect(err).toContain('"progress":"train","done":48,"total":48')
    const metrics = BaselineMetrics.parse(JSON.parse(await readFile(join(output, 'metrics.json'), 'utf8')))
    expect(out).toContain(metrics.digest.slice(0, 12))
  })

  it('gives the same bytes again, and the figures as JSON', async () => {
    const models: string[] = []
    for (const name of ['one', 'two']) {
      const output = join(folder, name)
      const { code, out } = await run('train', '--snapshot', snapshot, '--output', output, '--json')
      expect(code).toBe(0)
      expect(BaselineMetrics.parse(JSON.parse(out)).folds).toBe(5)
      models.push(await readFile(join(output, 'model.json'), 'utf8'))
    }
    expect(models[0]).toBe(models[1])
  })

  it.each([
    [2, 'STEERFLOW_INPUT_NOT_FOUND', ['train', '--snapshot', '/nowhere', '--output', '/nowhere']],
    [2, "required option '--snapshot", ['train']],
    [2, 'whole number, 1 or more', ['train', '--snapshot', 's', '--output', 'o', '--folds', '0']],
    [2, 'STEERFLOW_INPUT_NOT_FOUND', ['serve', '--model', '/nowhere/model.json', '--port', '0']],
    [2, 'STEERFLOW_USAGE', ['serve', '--model', 'm', '--host', '0.0.0.0']],
  ])('exits %i with %s', async (code, said, argv) => {
    const result = await run(...argv)
    expect(result.err).toContain(said)
    expect(result.code).toBe(code)
  })

  it('exits 1 when there is nothing to learn from', async () => {
    const empty = await writeSnapshot(join(folder, 'empty'), [])
    const { code, err } = await run('train', '--snapshot', empty, '--output', join(folder, 'none'))
    expect(err).toContain('STEERFLOW_JOB_INVALID')
    expect(code).toBe(1)
  })
})
