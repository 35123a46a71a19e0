import { expect, it } from 'vitest'
import { z } from 'zod'
import { changed } from '../../src/domain/changed.js'
import { Conversation } from '../../src/domain/conversation.js'
import { each } from '../../src/stages/stage.js'
import { testStage } from '../../src/stages/test-stage.js'
import { conversation } from '../support/training.js'

const given = conversation('a')
const shouting = (make: (record: Conversation) => Conversation) =>
  each({
    name: 'shout',
    summary: 'Shouts.',
    input: Conversation,
    ports: { loud: Conversation },
    options: z.strictObject({}),
    examples: [],
    create:
      ({ to }) =>
      record =>
        to.loud(make(record)),
  })

it('refuses other words under the id of the old ones', async () => {
  const stage = shouting(record => ({ ...record, system: `${record.system}!` }))
  await expect(testStage(stage, given, { needs: {} })).rejects.toMatchObject({
    code: 'STEERFLOW_RECORD_INVALID',
    message: 'shout → loud: its content changed but its id did not: make it with changed()',
  })
})

it('takes other words under an id of their own, and other labels under the old one', async () => {
  const renamed = shouting(record => changed(record, { system: '!' }, { stage: 'shout', options: {} }))
  expect(await testStage(renamed, given, { needs: {} })).toHaveLength(1)
  const relabelled = shouting(record => ({
    ...record,
    conversations: record.conversations.map(turn => ({ ...turn, label: 'quality:1' })),
  }))
  expect(await testStage(relabelled, given, { needs: {} })).toHaveLength(1)
})

it('refuses what does not fit the port', async () => {
  const stage = shouting(record => ({ ...record, mask: 1 as never }))
  await expect(testStage(stage, given, { needs: {} })).rejects.toThrow('shout → loud: mask: ')
})
