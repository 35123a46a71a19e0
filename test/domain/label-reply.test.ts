import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AttributeSet, attributeSets, languages } from '../../src/domain/attributes.js'
import { pythonInt, readAttribute, readLine } from '../../src/domain/label-reply.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'

const set = attributeSets['oasst-12-lang@1']
const five = attributeSets['helpsteer-5@1']
const read = (sentence: string, key: string) => readAttribute(sentence, set, key)

describe('an attribute in a reply', () => {
  it('is read behind the last mention of the first key, with what was decided before', () => {
    expect(read('The quality is good.\n<extra_id_2>quality:3', 'quality')).toEqual({ label: 'quality:3', value: 3 })
    expect(read('x quality:3,toxicity:0,hum', 'toxicity')).toEqual({ label: 'quality:3,toxicity:0', value: 0 })
    expect(read('quality:3\nquality:1,toxicity:2\nmore', 'toxicity')).toEqual({
      label: 'quality:1,toxicity:2',
      value: 2,
    })
  })

  it.each([
    ['quality:44', 44],
    ['quality:-1', -1],
    ['quality:+3', 3],
    ['quality: 4 ', 4],
    ['quality:1_0', 10],
  ])('is any integer of Python: %s', (sentence, value) => {
    expect(read(sentence, 'quality')?.value).toBe(value)
  })

  it.each(['no label', 'quality:', 'quality:x', 'quality:1.5', 'quality:1__0', 'toxicity:1'])(
    'is missing: %s',
    sentence => {
      expect(read(sentence, 'quality')).toBeNull()
    },
  )

  it('that is the language is one of the known codes', () => {
    expect(read('quality:1,lang:eo', 'lang')).toEqual({ label: 'quality:1,lang:eo', value: null })
    expect(read('quality:1,lang:english', 'lang')).toBeNull()
    expect(read('quality:1,lang:', 'lang')).toBeNull()
  })

  it('is an integer by the same rule as its text', () => {
    fc.assert(fc.property(fc.integer(), number => pythonInt(` ${number}\t`) === number))
  })
})

describe('a whole line', () => {
  const prompt = 'The quality of\n<extra_id_2>quality:2\n<extra_id_1>x\n<extra_id_2>'
  const line = (sentence: string, of: AttributeSet = five) => readLine(sentence, prompt, of, extraIdTokens)
  const good = 'helpfulness:1,correctness:2,coherence:3,complexity:4,verbosity:0'
  const scores = { helpfulness: 1, correctness: 2, coherence: 3, complexity: 4, verbosity: 0 }

  it('has the keys of the set in order', () => {
    expect(line(`${prompt}${good}`)).toEqual({ label: good, scores })
    expect(line(`${prompt}${good}\n<extra_id_1>Assistant\n<extra_id_2>helpfulness:0`)).toEqual({ label: good, scores })
  })

  it('may go on with keys that are not asked for', () => {
    expect(line(`${prompt}${good},humor:1`)?.label).toBe(good)
  })

  it('is found though the server decodes the prompt in another way', () => {
    const decoded = `${prompt.replace('\n', ' ')}${good}\n<extra_id_1>\n<extra_id_2>helpfulness:0`
    expect(line(decoded)).toEqual({ label: good, scores })
    expect(line(good)).toBeNull()
  })

  it.each([
    ['a key missing', good.replace('coherence:3,', '')],
    ['keys in another order', 'correctness:1,helpfulness:2,coherence:3,complexity:4,verbosity:0'],
    ['off the scale', good.replace('complexity:4', 'complexity:5')],
    ['no plain integer', good.replace('complexity:4', 'complexity: 4')],
    ['zeros before a number', good.replace('complexity:4', 'complexity:04')],
    ['nothing', ''],
  ])('is refused: %s', (_, continuation) => {
    expect(line(prompt + continuation)).toBeNull()
  })

  it('ends with a known language where the set has one', () => {
    const values = fc.tuple(...set.attributes.map(() => fc.integer({ min: 0, max: 4 })))
    fc.assert(
      fc.property(values, fc.constantFrom(...languages, 'xx', ''), (digits, language) => {
        const label = [...set.attributes.map(({ key }, index) => `${key}:${digits[index]}`), `lang:${language}`].join(
          ',',
        )
        const reply = line(`${prompt}${label}\n`, set)
        expect(reply?.label ?? null).toBe(languages.includes(language) ? label : null)
        if (reply) expect(Object.values(reply.scores)).toEqual(digits)
      }),
    )
  })
})
