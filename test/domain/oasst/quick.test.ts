import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteSink } from '../../../src/domain/byte-sink.js'
import { defaultFanout, type FanoutBounds } from '../../../src/domain/fanout.js'
import { parseExactly } from '../../../src/domain/json/json.js'
import { pathWriter, spellTree } from '../../../src/domain/oasst/lines.js'
import { quickReader } from '../../../src/domain/oasst/quick.js'
import { type Recipe, recipes } from '../../../src/domain/oasst/recipe.js'
import { SpelledTree } from '../../../src/domain/oasst/spelled.js'
import { readTree } from '../../../src/domain/oasst/tree.js'
import type { Message } from '../../../src/domain/oasst/turn.js'

function written(tree: SpelledTree, recipe: Recipe) {
  const out = new ByteSink(64)
  pathWriter({ recipe, mask: 'User', type: 'TEXT_TO_VALUE' })(tree, out)
  return { lines: Buffer.from(out.content()).toString(), langs: [...tree.langs].sort() }
}

/** What the quick reader makes of a text; null when it leaves it to the other. */
function quick(json: string, recipe: Recipe, bounds: FanoutBounds = defaultFanout) {
  const tree = new SpelledTree()
  return quickReader(recipe, bounds)(Buffer.from(json), tree) ? written(tree, recipe) : null
}

/** What the other reader makes of it; it throws on what is wrong. */
function exact(json: string, recipe: Recipe, bounds: FanoutBounds = defaultFanout) {
  const tree = new SpelledTree()
  spellTree(readTree(parseExactly(json) as Message, recipe, bounds), tree)
  return written(tree, recipe)
}

const names = Object.keys(recipes) as (keyof typeof recipes)[]
const message = (text: string, rest = '') => `{"text":${text},"role":"assistant","lang":"en","labels":{}${rest}}`
const asked = (text: string, reply = message('"b"', ',"replies":[]')) =>
  `{"message_tree_id":"t","prompt":${message(text, `,"replies":[${reply}]`)}}`
const rated = (labels: string) => asked('"a"').replace('"labels":{}', `"labels":${labels}`)

/** The first, but the second once in a while. */
function mostly(usual: string | fc.Arbitrary<string>, odd: string | fc.Arbitrary<string>): fc.Arbitrary<string> {
  const arbitrary = (given: string | fc.Arbitrary<string>) => (typeof given === 'string' ? fc.constant(given) : given)
  return fc.oneof({ weight: 30, arbitrary: arbitrary(usual) }, { weight: 1, arbitrary: arbitrary(odd) })
}

describe('quickReader', () => {
  it.each(names)('reads every tree of a real export as the other does: %s', name => {
    const corpus = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').trimEnd().split('\n')
    for (const line of corpus) expect(quick(line, recipes[name])).toEqual(exact(line, recipes[name]))
  })

  it('never differs from the other on what it takes, whatever was changed in a tree', () => {
    const text = fc.string({ unit: 'binary' }).map(value => JSON.stringify(value))
    const escaped = fc.constantFrom('"\\u00e9"', '"\\/"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\u0007"', '"\\"\\\\"')
    const number = mostly(
      fc.oneof(
        fc.double({ min: -1, max: 2, noNaN: true }).map(String),
        fc.integer({ min: -80, max: 80 }).map(value => String(value / 32)),
        fc.constantFrom('0.1249999999999999999', '0.12500000000000000001', '1e-1', '12.5e-2', '-0.0'),
      ),
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), fc.constantFrom('1e999', '20000')),
    )
    const value = fc.oneof(number, text, escaped, fc.constantFrom('null', 'true', 'NaN', '{}', '[]', '[{}]'))
    const key = fc.constantFrom(
      'text',
      'role',
      'replies',
      'labels',
      'lang',
      'prompt',
      'te\\u0078t',
      'rank',
      '__proto__',
    )
    const labels = fc
      .uniqueArray(fc.tuple(fc.constantFrom('quality', 'humor', 'spam'), mostly('value', 'count'), number), {
        maxLength: 3,
        selector: ([name]) => name,
      })
      .map(list => `{${list.map(([name, part, size]) => `"${name}": {"${part}":${size}}`).join(', ')}}`)
    const extra = fc.tuple(key, fc.oneof(value, labels)).map(([name, given]) => `,"${name}":${given}`)
    const reply = fc.letrec<{ reply: string }>(tie => ({
      reply: fc
        .record({
          text: mostly(text, fc.oneof(escaped, value)),
          role: mostly(fc.constantFrom('"assistant"', '"prompter"'), '"system"'),
          lang: mostly(fc.constantFrom(',"lang":"en"', ',"lang":"pt-BR"', ',"lang":""'), ',"lang":"a\\nb"'),
          labels: mostly(labels, value),
          replies: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('reply'), { maxLength: 3 })),
          more: mostly('', extra),
        })
        .map(part => {
          const end = `"replies": [${part.replies.join(',')}], "labels":${part.labels}${part.more}`
          return `{"text":${part.text}, "role":${part.role}${part.lang}, ${end}}`
        }),
    })).reply
    let taken = 0
    const same = (json: string, recipe: Recipe, bounds?: FanoutBounds) => {
      const found = quick(json, recipe, bounds)
      if (found === null) return
      taken += 1
      expect(found).toEqual(exact(json, recipe, bounds))
    }
    const small = fc.record({ paths: fc.nat(4), turns: fc.nat(4), bytes: fc.nat(400) })
    const bounds = fc.oneof(fc.constant(defaultFanout), small)
    fc.assert(
      fc.property(reply, fc.constantFrom(...names), bounds, (prompt, name, limits) =>
        same(`{"message_tree_id": "é", "prompt": ${prompt}}`, recipes[name], limits),
      ),
      { numRuns: 1000 },
    )
    expect(taken).toBeGreaterThan(200)
  })

  it('copies texts that are spelled as they are written, and spells the others again', () => {
    for (const text of ['"\\n\\t\\"\\\\ é😀\u007f"', '"\\/ \\u00e9 \\ud83d\\ude00 \\u0041 \\u001F \\u000a"'])
      expect(quick(asked(text), recipes.nemo)).toEqual(exact(asked(text), recipes.nemo))
  })

  it.each(['0.125', '0.375', '0.625', '0.875', '0.12499999999999999', '0.1249999999999999999', '1.5', '-0.25', '-0'])(
    'rounds %s as the original',
    value => {
      const json = rated(`{"quality":{"count":3,"value":${value}}}`)
      expect(quick(json, recipes.nemo)).toEqual(exact(json, recipes.nemo))
    },
  )

  it.each([
    ['a key in escapes', asked('"a"').replace('"text"', '"te\\u0078t"')],
    ['a key twice', asked('"a"').replace('"role"', '"text":"c","role"')],
    ['half of a surrogate pair', asked('"\\ud83d"')],
    ['a language with escapes', asked('"a"').replace('"en"', '"e\\n"')],
    ['a reply that is no message', asked('"a"', '{}')],
    ['a prompt in a reply', asked('"a"', `{"prompt":${message('"b"', ',"replies":[]')}}`)],
    ['many points', rated('{"quality":{"value":12345678901234567890}}')],
    ['points that are no number', rated('{"quality":{"value":true}}')],
    ['a label twice', rated('{"quality":{"value":1},"quality":{"value":0}}')],
    ['no prompt', '{"message_tree_id":"t"}'],
    ['no tree id', `{"prompt":${message('"b"', ',"replies":[]')}}`],
    ['something behind it', `${asked('"a"')} 1`],
    ['NaN', asked('"a"').replace('"role"', '"rank":NaN,"role"')],
    ['nothing', ''],
  ])('leaves to the other: %s', (_, json) => {
    expect(quick(json, recipes.nemo)).toBe(null)
  })

  it('leaves to the other what may be out of bounds', () => {
    const json = asked('"a"')
    expect(quick(json, recipes.nemo, { ...defaultFanout, turns: 1 })).toBe(null)
    expect(quick(json, recipes.nemo, { ...defaultFanout, paths: 0 })).toBe(null)
    expect(quick(json, recipes.nemo, { ...defaultFanout, bytes: 20 })).toBe(null)
  })
})
