import { describe, expect, it } from 'vitest'
import { RoundPlan } from '../../src/domain/bootstrap/round-plan.js'
import type { Round, RoundEvent } from '../../src/domain/bootstrap/round.js'
import type { RoundSummary } from '../../src/domain/bootstrap/summary.js'
import { SteerflowError } from '../../src/domain/errors.js'
import { openRound } from '../../src/stages/open-round.js'
import type { RoundMaterials } from '../../src/stages/needs.js'
import { portsOf } from '../../src/stages/stage.js'
import { prompt, round, roundEvent, summaryOf } from '../support/rounds.js'
import { at, trained } from '../support/training.js'

const plan = (over: object = {}) => RoundPlan.parse({ stop: { rounds: 2 }, ...over })

const materials = (count: number, calls: string[] = []): RoundMaterials => ({
  open: async ({ round: name, number, purpose, policy, plan }) => {
    calls.push(`open ${name}`)
    const given: Partial<Round> = { round: name, number, purpose: purpose!, plan: plan!, ...(policy && { policy }) }
    return round({ ...given, prompts: { count, path: '', sha256: '' } })
  },
  prompts: async ({ round: name, prompts }, from, most) =>
    Array.from({ length: Math.min(most, prompts.count - from) }, (_, at) =>
      prompt({ round: name, index: from + at, of: prompts.count }),
    ),
})

const gained = (low: number): RoundSummary['against_before'] => {
  const flat = { pairs: 100, mean: 0, low: -0.1, high: 0.1 }
  const goodness = { pairs: 100, mean: low + 0.1, low, high: low + 0.2 }
  return {
    round: 'loop-1',
    goodness,
    goodness_at_equal_length: goodness,
    points_by_length: 0,
    chars: flat,
    unique_words: flat,
    acceptance: flat,
  }
}

/** Runs a loop as the runtime does; what the rest of the pipeline does is told by `closing` and `training`. */
async function run(
  first: RoundEvent,
  options: {
    readonly materials: RoundMaterials
    readonly auto?: boolean
    readonly closing?: (round: string) => RoundSummary
    readonly trains?: boolean
  },
) {
  const fold = openRound.create({
    options: { auto: options.auto ?? false },
    needs: { roundMaterials: options.materials },
    to: portsOf(openRound.ports),
  })
  let state = openRound.initial()
  const seen: string[] = []
  const prompts: number[] = []
  const promoted: string[] = []
  const todo = [first]
  for (let event = todo.shift(); event; event = todo.shift()) {
    state = fold.step(state, event, at())
    seen.push([event.event, event.round, event.next ?? event.verdict?.rule ?? event.reason ?? ''].join(' ').trim())
    for (const { to, value } of await fold.act(state, event, at())) {
      if (to === 'rounds') todo.push(value)
      else if (to === 'prompts') prompts.push(value.index)
      else if (to === 'models') promoted.push(`${value.model} ${value.state}`)
      else if (options.trains) {
        const model = trained(event.round.padEnd(64, '0'), [])
        todo.push(roundEvent('trained', { round: event.round, number: event.number, model }))
      }
    }
    const { round: open, asked, summary } = state.rounds.at(-1)!
    if (open && asked === open.prompts.count && !summary && todo.length === 0 && options.closing) {
      const { round: name, number } = open
      todo.push(roundEvent('closed', { round: name, number, summary: options.closing(name) }))
    }
  }
  return { seen, prompts, promoted, state }
}

const request = (over: Partial<RoundEvent> = {}) =>
  roundEvent('requested', { by: 'person', purpose: 'train', plan: plan(), ...over })

describe('open-round', () => {
  it('publishes every prompt once, some with each step', async () => {
    const { seen, prompts } = await run(request(), { materials: materials(1100) })
    expect(prompts).toEqual(Array.from({ length: 1100 }, (_, at) => at))
    expect(seen).toEqual([
      'requested loop-1',
      'opened loop-1',
      'asked loop-1 500',
      'asked loop-1 1000',
      'asked loop-1 1100',
    ])
  })

  it('trains on a round that closes well, and waits for a person unless it goes on by itself', async () => {
    const { seen } = await run(request(), { materials: materials(3), closing: () => summaryOf(), trains: true })
    expect(seen.slice(-3)).toEqual(['closed loop-1', 'judged loop-1 every rule held', 'trained loop-1'])
  })

  it('goes from round to round, measures the last model, and keeps the best', async () => {
    const { seen, promoted } = await run(request(), {
      materials: materials(3),
      auto: true,
      trains: true,
      closing: name =>
        summaryOf(
          name === 'loop-1'
            ? {}
            : { against_before: { ...gained(0.2)!, round: name === 'loop-2' ? 'loop-1' : 'loop-2' } },
        ),
    })
    expect(seen.filter(line => /requested|judged|stopped/.test(line))).toEqual([
      'requested loop-1',
      'judged loop-1 every rule held',
      'requested loop-2',
      'judged loop-2 every rule held',
      'requested loop-3',
      'judged loop-3 measured',
      'stopped loop-3 measured',
    ])
    expect(promoted).toEqual([`${trained('loop-2'.padEnd(64, '0'), []).model} active`])
  })

  it('ends when the gain is noise, and keeps the model that was better', async () => {
    const { seen, promoted, state } = await run(request(), {
      materials: materials(3),
      auto: true,
      trains: true,
      closing: name => summaryOf(name === 'loop-1' ? {} : { against_before: gained(-0.05) }),
    })
    expect(seen.at(-1)).toBe('stopped loop-2 gain')
    expect(state.stopped).toBe(true)
    expect(promoted).toEqual([])
  })

  it('says why a round cannot be opened, and ends there', async () => {
    const nothing = new SteerflowError('STEERFLOW_ROUND_INVALID', 'no snapshot')
    const { seen, state } = await run(request(), {
      materials: { ...materials(1), open: () => Promise.reject(nothing) },
    })
    expect(seen).toEqual(['requested loop-1', 'stopped loop-1 no snapshot'])
    expect(state.stopped).toBe(true)
  })

  it('lets what is away for a while be waited for', async () => {
    const away = new SteerflowError('STEERFLOW_STORAGE_AWAY', 'the disk')
    await expect(run(request(), { materials: { ...materials(1), open: () => Promise.reject(away) } })).rejects.toBe(
      away,
    )
  })

  it('does not train on a round that a person gave up', async () => {
    const fold = openRound.create({
      options: { auto: true },
      needs: { roundMaterials: materials(3) },
      to: portsOf(openRound.ports),
    })
    const events = [
      request(),
      roundEvent('opened', { opening: round({ plan: plan() }) }),
      roundEvent('stopped', { by: 'person' }),
      roundEvent('closed', { summary: summaryOf() }),
    ]
    const state = events.reduce((before, event) => fold.step(before, event, at()), openRound.initial())
    const [emission] = await fold.act(state, events.at(-1)!, at())
    expect(emission?.value).toMatchObject({ event: 'judged', verdict: { go: false, rule: 'given up by a person' } })
  })
})
