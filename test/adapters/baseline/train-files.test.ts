import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BaselineMetrics, readExamples, writeTrained } from '../../../src/adapters/baseline/train-files.js'
import { readModel } from '../../../src/baseline/model.js'
import { trainBaseline } from '../../../src/baseline/train.js'
import { sha256 } from '../../../src/domain/digest.js'
import { conversationOf, examplesOf, trainingLine, trainingLines, writeSnapshot } from '../../support/baseline.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steerflow-train-files-'))
})
afterAll(() => rm(folder, { recursive: true }))

const lines = trainingLines(10).map(conversationOf)

describe('the files of a training', () => {
  it('are read as the examples they hold, compressed or not', async () => {
    const snapshot = await writeSnapshot(join(folder, 'plain'), lines)
    expect(await readExamples(snapshot)).toEqual(examplesOf(trainingLines(10)))
    const packed = await writeSnapshot(join(folder, 'packed'), [])
    await rm(join(packed, 'train.jsonl'))
    await writeFile(join(packed, 'train.jsonl.gz'), gzipSync(lines.map(line => `${JSON.stringify(line)}\n`).join('')))
    expect(await readExamples(packed)).toEqual(examplesOf(trainingLines(10)))
  })

  it('may hold keys that a newer writer added', async () => {
    const newer = { ...lines[0]!, colour: 'red' }
    const snapshot = await writeSnapshot(join(folder, 'newer'), [JSON.stringify(newer)])
    expect((await readExamples(snapshot)).turns).toHaveLength(2)
  })

  it.each([
    ['STEERFLOW_RECORD_INVALID', 'line 2', [lines[0]!, '{"conversations":[]}']],
    ['STEERFLOW_RECORD_INVALID', 'line 1', ['not json']],
    ['STEERFLOW_RECORD_INVALID', 'line 1', [{ ...lines[0]!, type: 'VALUE_TO_TEXT' as const }]],
    [
      'STEERFLOW_RECORD_INVALID',
      'line 1',
      [conversationOf({ ...trainingLine(0), conversations: [{ value: 'x', from: 'User', label: 'quality:good' }] })],
    ],
    ['STEERFLOW_JOB_INVALID', 'no labelled turn', []],
  ])('are refused with %s: %s', async (code, message, given) => {
    const snapshot = await writeSnapshot(join(folder, 'bad'), given)
    await expect(readExamples(snapshot)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as unknown,
    })
  })

  it('with labels that a model predicted are learnt from when that is asked for', async () => {
    const line = { ...conversationOf(trainingLine(0)), type: 'VALUE_TO_TEXT' as const }
    const snapshot = await writeSnapshot(join(folder, 'predicted'), [line])
    await expect(readExamples(snapshot)).rejects.toMatchObject({ code: 'STEERFLOW_RECORD_INVALID' })
    expect((await readExamples(snapshot, true)).turns).toEqual(examplesOf([trainingLine(0)]).turns)
  })

  it('are missed when they are not there', async () => {
    await expect(readExamples(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'STEERFLOW_INPUT_NOT_FOUND' })
  })

  it('are written whole, the figures naming their model', async () => {
    const trained = trainBaseline(examplesOf(trainingLines(60)), { folds: 3, mostTurns: 1000 })
    const output = join(folder, 'deep', 'output')
    const returned = await writeTrained(output, trained)
    const model = await readFile(join(output, 'model.json'), 'utf8')
    const metrics = BaselineMetrics.parse(JSON.parse(await readFile(join(output, 'metrics.json'), 'utf8')))
    expect(readModel(model)).toEqual(trained.model)
    expect(metrics).toEqual(returned)
    expect(metrics).toMatchObject({ digest: sha256(model), folds: 3, turns: 120, trees: 30, languages: ['de', 'en'] })
    expect(metrics.metrics).toEqual(trained.metrics)
  })
})
