import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { faultless } from '../support/checker.js'
import { describeWith } from '../support/parts/describe-with.js'
import { runScenario } from './run.js'
import type { Choices, Scenario } from './scenario.js'

/** Those that chaos.kafka.test.ts runs, with their bounds. */
const elsewhere = ['kill', 'zombie']
const names = readdirSync('test/chaos/scenarios').map(name => name.replace('.ts', ''))

/** The least with which all of a scenario happens. How fast it recovers is measured by `npm run chaos`, on a quiet machine. */
const tiny: Choices = { records: 1_200, seed: 3, times: 1, minutes: 0.02, clean: false, quick: true }

const withKafka = await describeWith('kafka')

withKafka('every scenario runs', () => {
  // Side by side, each with brokers of its own: they wait for one fault or another most of the time.
  it.concurrent.each(names.filter(name => !elsewhere.includes(name)))(
    '%s: every record comes out once and in order, and nobody has to do anything',
    async name => {
      const { scenario } = (await import(`./scenarios/${name}.ts`)) as { readonly scenario: Scenario }
      const lines: string[] = []
      const result = await runScenario(name, scenario, tiny, line => lines.push(line))
      const spared = scenario.spared ? 1 : 0
      expect(result, lines.join('\n')).toMatchObject({ ...faultless(tiny.records - spared), hands: [] })
      // What may never happen, however small or busy: a fault that is not named, a node that moves beside one that stands.
      const never = result.bounds.filter(({ limit, met }) => limit === 0 && !met)
      expect(never, lines.join('\n')).toEqual([])
    },
    280_000,
  )
})
