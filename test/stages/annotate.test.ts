import { describe, expect, it } from 'vitest'
import type { Conversation } from '../../src/domain/conversation.js'
import { annotate } from '../../src/stages/annotate.js'
import { portsOf } from '../../src/stages/stage.js'

const at = { topic: 't', partition: 0, offset: 0n, timestamp: 0, signal: new AbortController().signal }
const example = annotate.examples[0]!

describe('the annotate stage', () => {
  it.each(annotate.examples.map(one => [one.title, one] as const))(
    '%s',
    async (_, { given, options, expect: expected }) => {
      const run = annotate.create({
        options: annotate.options.parse(options ?? {}),
        needs: annotate.exampleNeeds!(),
        to: portsOf(annotate.ports),
      })
      const out = await run(annotate.input.parse(given), at)
      expect([out].flat()).toEqual(expected)
      for (const { value } of [out].flat()) expect(annotate.ports.annotated.parse(value)).toEqual(value)
    },
  )

  it('pins one model for a record, and keeps a human label that was moved before', async () => {
    let pinned = 0
    const needs = annotate.exampleNeeds!()
    const counting = {
      valueModels: {
        pin: (signal: AbortSignal) => {
          pinned++
          return needs.valueModels.pin(signal)
        },
      },
    }
    const run = annotate.create({ options: { turns: 'all' }, needs: counting, to: portsOf(annotate.ports) })
    const given: Conversation = {
      ...example.given,
      conversations: example.given.conversations.map(turn => ({ ...turn, label: 'quality:0', gt_label: 'quality:4' })),
    }
    const [out] = [await run(given, at)].flat()
    expect(pinned).toBe(1)
    expect(out!.value.conversations.map(turn => turn.gt_label)).toEqual(['quality:4', 'quality:4'])
  })
})
