import { describe, expect, test } from 'vitest'
import { annotate } from '../../src/stages/annotate.js'
import { clean } from '../../src/stages/clean.js'
import { countDropped } from '../../src/stages/count-dropped.js'
import { countSealed } from '../../src/stages/count-sealed.js'
import { gate } from '../../src/stages/gate.js'
import { noteTrained } from '../../src/stages/note-trained.js'
import { preprocess } from '../../src/stages/preprocess.js'
import { relabel } from '../../src/stages/relabel.js'
import { sample } from '../../src/stages/sample.js'
import { score } from '../../src/stages/score.js'
import { type EachStage } from '../../src/stages/stage.js'
import { testStage } from '../../src/stages/test-stage.js'
import { pipeline, relabelNode, relabelSources } from '../../src/pipeline.js'

const bootstrap = [noteTrained, sample, score, gate, countDropped, countSealed]
const stages = [preprocess, clean, annotate, relabel, ...bootstrap] as unknown as EachStage<
  never,
  never,
  never,
  unknown
>[]

describe.each(stages.map(stage => [stage.name, stage] as const))('%s', (_, stage) => {
  test('has worked examples', () => expect(stage.examples.length).toBeGreaterThan(0))

  test.each(stage.examples.map(example => [example.title, example] as const))('%s', async (_, example) => {
    const needs = stage.exampleNeeds?.() ?? {}
    const options = example.options === undefined ? {} : { options: example.options }
    expect(await testStage(stage, example.given, { needs, ...options })).toEqual(example.expect)
  })
})

test('every stage of one record in the pipeline has its examples executed here', () => {
  const nodes = [...pipeline, relabelNode('digest', relabelSources[0]!)]
  const inPipeline = nodes.filter(node => node.groups === 'none').map(node => node.stage)
  expect([...new Set(inPipeline)].sort()).toEqual(stages.map(stage => stage.name).sort())
})
