import { describe, expect, it } from 'vitest'
import { attributeSet } from '../../src/domain/attributes.js'
import { parseWishes, steeringLabel } from '../../src/domain/steering.js'

const oasst = attributeSet('oasst-12-lang')

describe('the attribute line of an answer', () => {
  it('is that of a good answer where nothing is wished', () => {
    expect(steeringLabel(oasst)).toBe(
      'quality:4,toxicity:0,humor:0,creativity:0,violence:0,helpfulness:4,not_appropriate:0,hate_speech:0,' +
        'sexual_content:0,fails_task:0,political_content:0,moral_judgement:0,lang:en',
    )
    expect(steeringLabel(attributeSet('helpsteer-5'))).toBe(
      'helpfulness:4,correctness:4,coherence:4,complexity:2,verbosity:2',
    )
  })

  it('holds what is wished, in the order of the set', () => {
    expect(steeringLabel(oasst, parseWishes('humor=3, quality=1,lang=de'))).toMatch(
      /^quality:1,toxicity:0,humor:3,.*,lang:de$/,
    )
  })

  it.each([
    [{ wit: 3 }, 'no attribute wit'],
    [{ humor: 5 }, 'from 0 to 4'],
    [{ humor: -1 }, 'from 0 to 4'],
    [{ humor: 1.5 }, 'whole number'],
    [{ humor: '' }, 'whole number'],
    [{ lang: 'english' }, 'language code'],
  ])('refuses %j', (wishes, reason) => {
    expect(() => steeringLabel(oasst, wishes)).toThrow(reason)
    expect(() => steeringLabel(oasst, wishes)).toThrow(expect.objectContaining({ code: 'STEERFLOW_USAGE' }))
  })

  it('knows no language where the set has none', () => {
    expect(() => steeringLabel(attributeSet('oasst-12'), { lang: 'en' })).toThrow('no attribute lang')
  })

  it.each(['', 'quality', 'quality=', '=4', 'quality=4,,humor=1', 'quality=4,quality=3', 'a b=1'])(
    'cannot be read from %j',
    text => {
      expect(() => parseWishes(text)).toThrow('is not a list')
    },
  )
})
