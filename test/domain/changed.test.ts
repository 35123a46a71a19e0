import { describe, expect, it } from 'vitest'
import { changed } from '../../src/domain/changed.js'
import { conversationId } from '../../src/domain/conversation-id.js'
import { Conversation } from '../../src/domain/conversation.js'
import { conversation } from '../support/training.js'

const base = conversation('a')
const { steerflow, ...content } = base
const record: Conversation = { ...base, steerflow: { ...steerflow, id: conversationId(content) } }
const by = { stage: 'redact', options: { most: 2 } }

describe('a record that a stage changes', () => {
  const turns = record.conversations.map(turn => ({ ...turn, value: `${turn.value}!` }))
  const once = changed(record, { conversations: turns }, by)

  it('has the id of what it says now, and names what it was', () => {
    const { steerflow: after, ...said } = once
    expect(after.id).toBe(conversationId(said))
    expect(after.id).not.toBe(record.steerflow.id)
    expect(after.lineage.changes).toEqual([
      { stage: 'redact', options: expect.stringMatching(/^[0-9a-f]{64}$/) as string, parent: record.steerflow.id },
    ])
    expect(Conversation.parse(once)).toEqual(once)
  })

  it('keeps what else is known of it', () => {
    const { id: _, lineage: before, ...rest } = record.steerflow
    expect(once.steerflow).toMatchObject({ ...rest, lineage: before })
    expect(once.tree_id).toBe(record.tree_id)
  })

  it('names every stage, in order', () => {
    const twice = changed(once, { system: 'Another.' }, { stage: 'translate', options: {} })
    expect(twice.steerflow.lineage.changes!.map(({ stage, parent }) => [stage, parent])).toEqual([
      ['redact', record.steerflow.id],
      ['translate', once.steerflow.id],
    ])
  })

  it('tells options apart', () => {
    const digestOf = (options: unknown) =>
      changed(record, { system: 'b' }, { stage: 'redact', options }).steerflow.lineage.changes![0]!.options
    expect(digestOf({ a: 1, b: 2 })).not.toBe(digestOf({ a: 1, b: 3 }))
    expect(digestOf({ a: 1 })).toBe(digestOf({ a: 1 }))
  })

  it('stays as it is where nothing that counts has changed', () => {
    expect(changed(record, { conversations: [...record.conversations] }, by)).toBe(record)
    const labelled = record.conversations.map(turn => ({ ...turn, label: 'quality:4' }))
    expect(changed(record, { conversations: labelled }, by)).toBe(record)
  })
})
