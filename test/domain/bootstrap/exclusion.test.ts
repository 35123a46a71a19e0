import { describe, expect, it } from 'vitest'
import { contexts, type Spoken } from '../../../src/domain/bootstrap/due-prompts.js'
import { Exclusion } from '../../../src/domain/bootstrap/exclusion.js'

const spoken = (...texts: string[]): Spoken => ({
  system: 'S',
  mask: 'User',
  turns: texts.map((value, index) => ({ value, from: index % 2 === 0 ? 'User' : 'Assistant' })),
})
const promptsOf = (...texts: string[]) => contexts(spoken(...texts, ...(texts.length % 2 === 0 ? [] : ['answer'])))

describe('what must not be sampled', () => {
  const exclusion = new Exclusion()
  exclusion.add(spoken('How do bees see?', 'With eyes.', 'And   WASPS?', 'Alike.', 'Thanks'))
  const out = (...texts: string[]) => exclusion.has(promptsOf(...texts).at(-1)!)

  it('every context of an excluded conversation, also one that nobody answers there', () => {
    expect(out('How do bees see?')).toBe(true)
    expect(out('How do bees see?', 'With eyes.', 'And   WASPS?')).toBe(true)
    expect(out('How do bees see?', 'With eyes.', 'And   WASPS?', 'Alike.', 'Thanks')).toBe(true)
  })

  it('a last turn that one of its users said, in other letters or behind other turns', () => {
    expect(out('how do  BEES see?\n')).toBe(true)
    expect(out('Do ants see?', 'Yes.', 'and wasps?')).toBe(true)
  })

  it('nothing else: not what its assistant said, nor a beginning that goes on otherwise', () => {
    expect(out('With eyes.')).toBe(false)
    expect(out('How do bees see?', 'With eyes.', 'And ants?')).toBe(false)
    expect(new Exclusion().has(promptsOf('How do bees see?')[0]!)).toBe(false)
  })
})
