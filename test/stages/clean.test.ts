import { describe, expect, it } from 'vitest'
import type { Conversation } from '../../src/domain/conversation.js'
import { SteerflowError } from '../../src/domain/errors.js'
import { clean } from '../../src/stages/clean.js'
import type { Masker } from '../../src/stages/needs.js'
import { type At, portsOf } from '../../src/stages/stage.js'

const at: At = { topic: 'in', partition: 0, offset: 0n, timestamp: 0, signal: new AbortController().signal }
const example = clean.examples[0]!.given

const stage = (masker: Masker, options: object = {}) =>
  clean.create({ options: clean.options.parse(options), needs: { masker }, to: portsOf(clean.ports) })
const learntFrom = (first: number | null): Masker => ({ digest: 'test', firstLearnt: async () => first })

describe('clean', () => {
  it.each(clean.examples.map(given => [given.title, given] as const))(
    '%s',
    async (_, { given, options, expect: out }) => {
      expect([await stage(clean.exampleNeeds!().masker, options)(given, at)].flat()).toEqual(out)
    },
  )

  it('keeps a conversation whose first learnt token is the last one within the sequence length', async () => {
    expect(await stage(learntFrom(66), { seqLen: 66 })(example, at)).toMatchObject({ to: 'kept' })
    expect(await stage(learntFrom(66), { seqLen: 65 })(example, at)).toMatchObject({ to: 'dropped' })
  })

  it('drops a conversation of which nothing is learnt', async () => {
    expect(await stage(learntFrom(null))(example, at)).toEqual({
      to: 'dropped',
      value: { reason: 'fully-masked', detail: 'no token is learnt', conversation: example },
    })
  })

  it('does not ask for the mask of a conversation with a control token, wherever that stands', async () => {
    const never: Masker = { digest: 'test', firstLearnt: () => Promise.reject(new Error('asked')) }
    const places: [string, Conversation][] = [
      ['system', { ...example, system: 'a \x00' }],
      [
        'conversations.1.from',
        { ...example, conversations: [example.conversations[0]!, { value: '', from: 'A\x11' }] },
      ],
      ['conversations.0.label', { ...example, conversations: [{ value: '', from: 'User', label: 'x:<extra_id_2>' }] }],
    ]
    for (const [place, conversation] of places) {
      const out = await stage(never)(conversation, at)
      expect(out).toMatchObject({ to: 'dropped', value: { reason: 'control-token' } })
      expect(JSON.stringify(out)).toContain(`${place} contains`)
    }
  })

  it('looks only for the control tokens of its options', async () => {
    const conversation = { ...example, system: '<extra_id_0> <b>' }
    expect(await stage(learntFrom(1), { controlTokens: [] })(conversation, at)).toMatchObject({ to: 'kept' })
    expect(await stage(learntFrom(1), { controlTokens: ['<b>'] })(conversation, at)).toMatchObject({ to: 'dropped' })
  })

  it('passes an unmaskable conversation on as the error that it is', async () => {
    const error = new SteerflowError('STEERFLOW_UNMASKABLE', 'no')
    const refusing: Masker = { digest: 'test', firstLearnt: () => Promise.reject(error) }
    await expect(stage(refusing)(example, at)).rejects.toBe(error)
  })
})
