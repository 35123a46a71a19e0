import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'
import { ownTrainer } from '../../src/trainers/own.js'
import { type Rendered, trainer, type Trainer } from '../../src/trainers/trainer.js'
import { job } from '../support/training.js'

const like = (over: Partial<Trainer> = {}): Trainer => ({
  ...trainer({
    name: 'own',
    role: 'value',
    result: { kind: 'own', model: '.', files: { required: ['*.bin'], optional: [] }, metrics: null },
    settings: z.strictObject({ length: z.int().default(7) }),
    tokens: () => extraIdTokens,
    maxLength: ({ length }) => length,
    render: (_job, { length }) => ({ files: { 'run.sh': '' }, steps: [['train', String(length)]] }),
  }),
  ...over,
})
const paths = { root: '/', snapshot: '/s', folder: '/f', output: '/o' }
const fails = (): never => {
  throw new TypeError('of its own')
}

describe('a trainer of a flow', () => {
  it('is what was declared', () => {
    const own = ownTrainer(like())
    expect(own).toMatchObject({ name: 'own', role: 'value', result: { kind: 'own' } })
    expect([own.promptTokens({}), own.maxLength({ length: 3 }), own.settings({})]).toEqual([
      extraIdTokens,
      3,
      { length: 7 },
    ])
    expect(own.render(job({ settings: { length: 2 } }), paths).steps).toEqual([['train', '2']])
    expect(() => own.settings({ width: 1 })).toThrow('settings of own: Unrecognized key: "width"')
  })

  it.each<[what: keyof Trainer, call: (own: Trainer) => unknown]>([
    ['render', own => own.render(job(), paths)],
    ['settings', own => own.settings({})],
    ['promptTokens', own => own.promptTokens({})],
    ['maxLength', own => own.maxLength({})],
  ])('is named where its %s fails', (what, call) => {
    const own = ownTrainer(like({ [what]: fails }))
    expect(() => call(own)).toThrow('the trainer own fails: of its own')
    expect(() => call(own)).toThrow(expect.objectContaining({ code: 'STEERFLOW_JOB_INVALID' }) as Error)
  })

  it.each<[what: string, given: unknown, message: RegExp]>([
    ['nothing', undefined, /does not render a job: /],
    ['no steps', { files: {}, steps: [] }, /does not render a job: steps: /],
    ['steps that are no words', { files: {}, steps: [['train', 1]] }, /does not render a job: steps: 0: 1: /],
    [
      'a file elsewhere',
      { files: { '../run.sh': '' }, steps: [['a']] },
      /does not render a job: files: expected file names/,
    ],
    ['files of no text', { files: { 'a.json': {} }, steps: [['a']] }, /does not render a job: files: a\.json: /],
  ])('is not run where it renders %s', (_, given, message) => {
    const own = ownTrainer(like({ render: () => given as Rendered }))
    expect(() => own.render(job(), paths)).toThrow(message)
  })

  it.each<[over: Partial<Record<keyof Trainer, unknown>>, message: RegExp]>([
    [{ render: undefined }, /render: expected a function/],
    [{ result: undefined }, /result: /],
    [{ result: { kind: 'own' } }, /result: model: /],
  ])('is refused with %j', (over, message) => {
    expect(() => ownTrainer(like(over as Partial<Trainer>))).toThrow(message)
    expect(() => ownTrainer(like(over as Partial<Trainer>))).toThrow(/^the trainer own: /)
  })
})
