import { describe, expect, it } from 'vitest'
import { builtIn } from '../../../src/flow.js'
import { toldToRounds } from '../../../src/cli/bootstrap/replayed.js'
import { emptyLoop, type LoopState, withRoundEvent } from '../../../src/domain/bootstrap/loop-state.js'
import type { RoundEvent } from '../../../src/domain/bootstrap/round.js'
import { RoundPlan } from '../../../src/domain/bootstrap/round-plan.js'
import type { Letter } from '../../../src/runtime/letters.js'
import { answer, prompt, roundEvent, summaryOf } from '../../support/rounds.js'

const letter = (node: string, value: Buffer): Letter => ({
  id: '0:1',
  code: 'STEERFLOW_STAGE_FAILED',
  node,
  cause: '',
  origin: { topic: 't', partition: 0, offset: '0' },
  at: 0,
  bytes: value.byteLength,
  replays: 0,
  replayed: false,
  record: {
    topic: 'dead-letters',
    partition: 0,
    offset: 1n,
    timestamp: 0,
    key: null,
    value,
    headers: {},
  } as Letter['record'],
})
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const loopOf = (...events: RoundEvent[]): ReadonlyMap<string, LoopState> =>
  new Map([['loop', events.reduce(withRoundEvent, emptyLoop)]])
const open = [roundEvent('requested', { plan: RoundPlan.parse({}), purpose: 'train' }), roundEvent('opened')]
const closed = [...open, roundEvent('closed', { summary: summaryOf() })]

const told = (of: readonly RoundEvent[], one: Letter): unknown => {
  const also = toldToRounds(loopOf(...of), builtIn)(one)
  return typeof also === 'string'
    ? also
    : also.map(({ topic, value }) => ({ topic, ...(JSON.parse(String(value)) as object) }))
}

describe('a dead letter of a round that is replayed', () => {
  it.each<[string, Letter, object]>([
    ['a prompt', letter('sample', json(prompt())), { prompt: 0, answers: 0 }],
    [
      'a prompt in a frame',
      letter('sample', Buffer.concat([Buffer.alloc(5), json(prompt())])),
      { prompt: 0, answers: 0 },
    ],
    ['an answer', letter('seal-bootstrap', json(answer('a'))), { prompt: 0, answers: 1 }],
  ])('takes the end back: %s', (_, one, expected) => {
    expect(told(open, one)).toEqual([
      expect.objectContaining({ topic: 'bootstrap.outcomes', round: 'loop-1', end: 'replayed', ...expected }),
    ])
  })

  it('is refused when the round has closed', () => {
    expect(told(closed, letter('sample', json(prompt())))).toContain('STEERFLOW_ROUND_CLOSED')
  })

  it('is nobody’s business where it is of no round, or cannot be read', () => {
    expect(told(closed, letter('annotate', json({})))).toEqual([])
    expect(told(closed, letter('sample', Buffer.from('x')))).toEqual([])
  })
})
