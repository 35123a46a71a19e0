import { afterAll, beforeAll, expect, it } from 'vitest'
import { allEndedOnce, deploymentOf, loopOn, prepared, recordsOf } from '../support/bootstrap-loop.js'
import { type LlamaServer, startLlama } from '../support/llama/llama.js'
import { describeWith } from '../support/parts/describe-with.js'
import { temporaryFolder } from '../support/temporary.js'

const describe = await describeWith('llama')

// The model does not know SteerLM's template, and what is trained in its place is the baseline: it is the loop that is
// shown, with a real model that answers, and no answer that is better.
describe('a bootstrap loop with a real llama.cpp server, on the embedded log', () => {
  let server: LlamaServer
  beforeAll(async () => {
    server = await startLlama()
  })
  afterAll(() => server.stop())

  it('goes through two rounds, the second from the model of the first, and stops where the gain is noise', async () => {
    const deployment = deploymentOf(await temporaryFolder())
    await prepared(deployment, 'examples/data/oasst1_en_val.trees.jsonl')
    const { rounds, outcomes } = await loopOn(deployment, server.url, 'openai-completions')
    expect(rounds.map(({ round, state, policy }) => [round, state, policy])).toEqual([
      ['main-1', 'trained', 'external'],
      ['main-2', 'not trained on', rounds[0]!.model],
    ])
    expect(rounds[0]!.model).toMatch(/^bootstrap-main-1-/)
    expect(rounds[1]!.verdict).toContain('gain')
    allEndedOnce(rounds, outcomes)
    const records = await recordsOf(deployment, 'main-1')
    const sampled = records.filter(({ steerflow }) => steerflow.bootstrap !== undefined)
    expect(sampled.length).toBeGreaterThan(0)
    expect(records.length).toBeGreaterThan(sampled.length)
    for (const { conversations, steerflow } of sampled) {
      expect(conversations.at(-1)).toMatchObject({ from: 'Assistant' })
      expect(steerflow).toMatchObject({ split: 'train', origin: 'bootstrap', bootstrap: { round: 'main-1' } })
    }
  })
})
