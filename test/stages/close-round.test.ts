import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/bootstrap/outcome.js'
import { closeRound } from '../../src/stages/close-round.js'
import { portsOf } from '../../src/stages/stage.js'
import { accepted, outcome, sealed } from '../domain/bootstrap/outcomes.js'
import { round } from '../support/rounds.js'
import { at } from '../support/training.js'

const foldOf = () =>
  closeRound.create({
    options: {},
    needs: { rounds: { of: async () => ({ round: round(), givenUp: false }) } },
    to: portsOf(closeRound.ports),
  })

/** What each outcome causes. */
async function run(outcomes: readonly Outcome[]) {
  const fold = foldOf()
  let state = closeRound.initial()
  const caused: string[] = []
  for (const one of outcomes) {
    state = fold.step(state, one, at())
    for (const { value } of await fold.act(state, one, at())) {
      const { sealed, rejected, dropped, dead_lettered } = value.summary!.prompts
      const before = value.summary!.against_before?.round ?? 'none'
      caused.push(`${value.event} ${value.round} ${sealed}+${rejected}+${dropped}+${dead_lettered} against ${before}`)
    }
  }
  return caused
}

const of = (name: string) => (one: Outcome) => ({ ...one, round: name })
const whole = [accepted(0), outcome('rejected', { prompt: 1 }), outcome('dead-lettered', { prompt: 2 }), sealed(1)]

describe('close-round', () => {
  it('closes a round once, with the outcome that makes the sum complete', async () => {
    expect(await run(whole.slice(0, 3))).toEqual([])
    expect(await run(whole)).toEqual(['closed loop-1 1+1+0+1 against none'])
    expect(await run([...whole, outcome('dropped', { answers: 1 }), sealed(9), accepted(2)])).toHaveLength(1)
  })

  it('waits for what was replayed', async () => {
    const late = [outcome('replayed', { prompt: 2 }), sealed(1)]
    expect(await run([...whole.slice(0, 3), ...late])).toEqual([])
    expect(await run([...whole.slice(0, 3), ...late, outcome('rejected', { prompt: 2 })])).toEqual([
      'closed loop-1 1+2+0+0 against none',
    ])
    const lost = [
      accepted(0),
      accepted(1),
      outcome('rejected', { prompt: 2 }),
      outcome('lost', { prompt: 0, answers: 1 }),
    ]
    const again = outcome('replayed', { prompt: 0, answers: 1 })
    expect(await run([...lost, again, sealed(1)])).toEqual([])
    expect(await run([...lost, again, sealed(1), sealed(1)])).toEqual(['closed loop-1 2+1+0+0 against none'])
  })

  it('compares a round with the one before', async () => {
    expect(await run([...whole, ...whole.map(of('loop-2'))])).toEqual([
      'closed loop-1 1+1+0+1 against none',
      'closed loop-2 1+1+0+1 against loop-1',
    ])
  })
})
