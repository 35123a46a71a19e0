import { expect, it } from 'vitest'
import { faultless } from '../support/checker.js'
import { repeats } from '../support/effort.js'
import { runScenario } from './run.js'
import type { Choices, Scenario } from './scenario.js'
import { scenario as badAnswers } from './scenarios/bad-answers.js'
import { scenario as kill } from './scenarios/kill.js'
import { scenario as nodeFault } from './scenarios/node-fault.js'
import { scenario as zombie } from './scenarios/zombie.js'

/** Small enough for every change; the whole runs are `npm run chaos`. */
const small: Choices = { records: 3000, seed: 7, times: 1, minutes: 0, clean: false }

const scenarios: readonly (readonly [name: string, scenario: Scenario, choices: Choices])[] = [
  ['kill', kill, { ...small, times: 4 }],
  ['zombie', zombie, small],
  ['node-fault', nodeFault, small],
  ['bad-answers', badAnswers, small],
]

// The others run at a tiny size in every-scenario.kafka.test.ts; in full they keep their bounds too.
it.each(scenarios.slice(0, repeats(4, 2)))(
  '%s: every record comes out once and in order, and nobody has to do anything',
  async (name, scenario, choices) => {
    const lines: string[] = []
    const result = await runScenario(name, scenario, choices, line => lines.push(line))
    // What happened is worth reading where something is wrong.
    expect(result, lines.join('\n')).toMatchObject({ ...faultless(small.records), hands: [] })
    expect(
      result.bounds.filter(({ met }) => !met),
      lines.join('\n'),
    ).toEqual([])
  },
)
