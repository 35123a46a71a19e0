import { describe, expect, it } from 'vitest'
import { ByteSink } from '../../../src/domain/byte-sink.js'
import { defaultFanout } from '../../../src/domain/fanout.js'
import { parseExactly, pythonJson } from '../../../src/domain/json/json.js'
import { type LineSettings, pathWriter, spellTree } from '../../../src/domain/oasst/lines.js'
import { recipes } from '../../../src/domain/oasst/recipe.js'
import { SpelledTree } from '../../../src/domain/oasst/spelled.js'
import { pathOf, readTree, type Tree } from '../../../src/domain/oasst/tree.js'
import type { Message } from '../../../src/domain/oasst/turn.js'

const labels = { quality: { value: 0.5, count: 3 } }
const say = (text: string, replies: readonly unknown[] = [], more: object = {}) => ({
  text,
  role: 'prompter',
  labels,
  replies,
  ...more,
})
const answer = (text: string, replies: readonly unknown[] = [], more: object = {}) =>
  say(text, replies, { role: 'assistant', ...more })
const tree = (prompt: unknown, more: object = {}): Message => ({ message_tree_id: 't', prompt, ...more })

/** The texts of the paths. */
function paths(record: Message, recipe: keyof typeof recipes = 'nemo', bounds = {}): string[] {
  const read = readTree(record, recipes[recipe], { ...defaultFanout, ...bounds })
  return read.leaves.map(leaf =>
    pathOf(read, leaf)
      .map(turn => turn.value)
      .join(' '),
  )
}

/** Writes a tree's conversations. */
function write(tree: Tree, settings: LineSettings, out: ByteSink): void {
  const spelled = new SpelledTree()
  spellTree(tree, spelled)
  pathWriter(settings)(spelled, out)
}

describe('readTree', () => {
  it('gives a path a leaf, depth first, also where it ends on the user', () => {
    const record = tree(say('a', [answer('b', [say('c'), say('d', [answer('e')])]), answer('f')]))
    expect(paths(record)).toEqual(['a b c', 'a b d e', 'a f'])
  })

  it('drops paths of one turn; without a prompt there is none', () => {
    expect(paths(tree(say('alone')))).toEqual([])
    expect(paths({ message_tree_id: 't' })).toEqual([])
    expect(paths({ prompt: say('no id needed') })).toEqual([])
  })

  it('takes a record that is itself a message', () => {
    expect(paths({ message_tree_id: 't', ...say('a', [answer('b')]) })).toEqual(['a b'])
  })

  it('ends the parent’s path at a reply that is no message, once for each', () => {
    const nothing = { note: 'no text' }
    expect(paths(tree(say('a', [answer('b', [nothing, nothing]), nothing])))).toEqual(['a b', 'a b'])
  })

  it('looks under prompt in a reply, too', () => {
    expect(paths(tree(say('a', [{ prompt: answer('b') }])))).toEqual(['a b'])
  })

  it.each([
    ['prompt: unknown role "system"', tree(say('a', [], { role: 'system' }))],
    ['prompt.replies[1].text: a text is required', tree(say('a', [answer('b'), answer('c', [], { text: 5 })]))],
    ['prompt.replies: a list is required', tree(say('a', [], { replies: undefined }))],
    ['prompt.labels: an object is required', tree(say('a', [], { labels: null }))],
    ['prompt.labels.quality.value: a finite number', tree(say('a', [], { labels: { quality: { value: null } } }))],
    ['prompt.labels.quality.value: a finite number', tree(say('a', [], { labels: { quality: { value: NaN } } }))],
    ['prompt.lang: a language code', tree(say('a', [], { lang: null }))],
    ['prompt: lang without labels', tree({ text: 'a', role: 'prompter', lang: 'en', replies: [] })],
    ['prompt.text: half of a surrogate pair', tree(say('\ud83d'))],
    ['message_tree_id: a text is required', { prompt: say('a', [answer('b')]) }],
    ['prompt: an object is required', tree(null)],
    ['prompt.replies[0]: an object is required', tree(say('a', ['b']))],
  ])('refuses where the original crashes: %s', (message, record) => {
    expect(() => paths(record)).toThrow(
      expect.objectContaining({
        code: 'STEERFLOW_SOURCE_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    )
  })

  it('keeps a turn with a language but no labels in the stream', () => {
    const message = { text: 'a', role: 'prompter', lang: 'pt-BR', replies: [answer('b', [], { lang: 'en' })] }
    const read = readTree(tree(message), recipes.stream, defaultFanout)
    expect(pathOf(read, read.leaves[0]!)).toEqual([
      { value: 'a', from: 'User', lang: 'pt' },
      { value: 'b', from: 'Assistant', label: 'quality:2,lang:en', lang: 'en' },
    ])
  })

  it('scores integers of any size exactly, and true as Python does', () => {
    const label = (value: string) => {
      const record = parseExactly(
        JSON.stringify(tree(say('a', [answer('b')]))).replaceAll('"value":0.5', `"value":${value}`),
      )
      return readTree(record as Message, recipes.nemo, defaultFanout).nodes[0]!.turn.label
    }
    expect(label('12345678901234567890')).toBe('quality:49382715604938271560')
    expect(label('1e22')).toBe('quality:40000000000000000000000')
    expect(label('true')).toBe('quality:4')
    expect(label('-0.125')).toBe('quality:0')
  })

  it('goes down 100,000 levels, and back', () => {
    let message = answer('z')
    for (let level = 0; level < 100_000; level++) message = say('a', [message])
    const read = readTree(tree(message), recipes.nemo, { ...defaultFanout, turns: 200_000 })
    expect(pathOf(read, read.leaves[0]!)).toHaveLength(100_001)
    expect(() => paths(tree(message))).toThrow(expect.objectContaining({ code: 'STEERFLOW_FANOUT' }))
    const out = new ByteSink(16)
    write(read, { recipe: recipes.nemo, mask: 'User', type: 'TEXT_TO_VALUE' }, out)
    expect(
      (JSON.parse(Buffer.from(out.content()).toString()) as { conversations: unknown[] }).conversations,
    ).toHaveLength(100_001)
  })

  it('stops when one record would become too much', () => {
    const wide = tree(say('a', [answer('b'), answer('c'), answer('d')]))
    expect(() => paths(wide, 'nemo', { paths: 2 })).toThrow('more than 2 paths')
    expect(() => paths(wide, 'nemo', { bytes: 30 })).toThrow('more than 30 bytes')
    expect(() => paths(wide, 'nemo', { turns: 1 })).toThrow('more than 1 turns')
    expect(paths(wide, 'nemo', { paths: 3, turns: 2 })).toHaveLength(3)
  })
})

describe('pathWriter', () => {
  it.each(['nemo', 'nemo-aligner', 'stream'] as const)('writes what pythonJson would: %s', name => {
    const recipe = recipes[name]
    const odd = 'é "q" \\ / \u2028 \u007f \n \u0001 😀'
    const record = tree(say(odd, [answer('b', [say('c')], { labels: {}, lang: "x'-y" }), answer('d')]))
    const read = readTree(record, recipe, defaultFanout)
    const expected = read.leaves.map(leaf => {
      const id = recipe.treeId ? { tree_id: 't' } : {}
      const shared = { system: recipe.system, mask: 'User', type: 'VALUE_TO_TEXT' }
      return `${pythonJson({ conversations: pathOf(read, leaf), ...id, ...shared })}\n`
    })
    const out = new ByteSink(1)
    const settings = { recipe, mask: 'User', type: 'VALUE_TO_TEXT' } as const
    write(read, settings, out)
    write(read, settings, out)
    expect(Buffer.from(out.content()).toString()).toBe(expected.join('').repeat(2))
  })
})
