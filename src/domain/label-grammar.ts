import { type AttributeSet, languages } from './attributes.js'

/** A piece of a label line: a fixed text, or a choice of texts. */
type Piece = string | readonly string[]

/** The label line of a set after its first key and colon: the part with which a model continues `quality:`. */
function pieces(set: AttributeSet): readonly Piece[] {
  const values = set.attributes.flatMap(({ key, min, max }, index) => {
    const integers = Array.from({ length: max - Math.max(min, 0) + 1 }, (_, step) => String(Math.max(min, 0) + step))
    return index === 0 ? [integers] : [`,${key}:`, integers]
  })
  return set.language ? [...values, ',lang:', languages] : values
}

const digits = (texts: readonly string[]): boolean => texts.every(text => /^\d$/.test(text))

/** A choice of texts, as far as both notations have it in common. */
const choice = (texts: readonly string[], spell: (text: string) => string, bar: string): string =>
  digits(texts) ? `[${texts[0]!}-${texts.at(-1)!}]` : `(${texts.map(spell).join(bar)})`

/**
 * A regular expression, without anchors and in the syntax that Python, Rust and JavaScript share, for the label line of a
 * set after its first key. It matches what `readLine` accepts, but not what it ignores: space around the line, further keys.
 */
export function labelRegex(set: AttributeSet): string {
  const spell = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return pieces(set)
    .map(piece => (typeof piece === 'string' ? spell(piece) : choice(piece, spell, '|')))
    .join('')
}

/** The same line as a grammar in llama.cpp's GBNF, which XGrammar also reads. */
export function labelGrammar(set: AttributeSet): string {
  const spell = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
  const items = pieces(set).map(piece => (typeof piece === 'string' ? spell(piece) : choice(piece, spell, ' | ')))
  return `root ::= ${items.join(' ')}\n`
}
