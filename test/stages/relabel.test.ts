import { expect, it } from 'vitest'
import { loosen } from '../../src/domain/loose.js'
import { Conversation, Provenance, type Rescored } from '../../src/domain/conversation.js'
import { relabel } from '../../src/stages/relabel.js'
import { portsOf } from '../../src/stages/stage.js'
import { at } from '../support/training.js'

const { given, expect: expected } = relabel.examples[0]!
const entry: Rescored = { value_model: 'other', attribute_set: 'example@1', labels: [null, null], scores: [null, null] }

async function relabelled(record: Conversation, turns: 'all' | 'assistant' = 'all'): Promise<Conversation> {
  const run = relabel.create({ options: { turns }, needs: relabel.exampleNeeds!(), to: portsOf(relabel.ports) })
  const [out] = [await run(record, at())].flat()
  return Conversation.parse(out!.value)
}

it('comes after what other models said', async () => {
  const { steerflow } = await relabelled({ ...given, steerflow: { ...given.steerflow, rescored: [entry] } })
  expect(steerflow.rescored).toEqual([entry, expected[0]!.value.steerflow.rescored![0]])
})

it('leaves out the turns of the user where they are not scored', async () => {
  const { conversations, steerflow } = await relabelled(given, 'assistant')
  expect(conversations).toEqual(given.conversations)
  expect(steerflow.rescored?.[0]?.labels).toEqual([null, 'quality:1'])
})

it('can be read by who does not know of it', async () => {
  const before = loosen(Conversation.extend({ steerflow: Provenance.omit({ rescored: true }) }))
  const record = await relabelled(given)
  expect(before.parse(record)).toEqual(record)
})
