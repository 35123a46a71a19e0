import { describe, expect, test } from 'vitest'
import { stages } from '../../src/pipeline.js'
import type { EachStage } from '../../src/stages/stage.js'
import { testStage } from '../../src/stages/test-stage.js'

// A node's declaration is its stage; only the types of its records are forgotten there.
const ofOneRecord = stages.filter(({ kind }) => kind === 'each') as unknown as EachStage<never, never, never, never>[]

describe.each(ofOneRecord.map(stage => [stage.name, stage] as const))('%s', (_, stage) => {
  test('has worked examples', () => expect(stage.examples.length).toBeGreaterThan(0))

  test.each(stage.examples.map(example => [example.title, example] as const))('%s', async (_, example) => {
    const needs = stage.exampleNeeds?.() ?? {}
    const options = example.options === undefined ? {} : { options: example.options }
    expect(await testStage(stage, example.given, { needs, ...options })).toEqual(example.expect)
  })
})
