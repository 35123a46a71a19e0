import { ByteSink } from '../byte-sink.js'
import type { Turn } from '../conversation.js'

/**
 * A message tree whose turns are written in the original's bytes (docs/reference/original-scripts.md#pythons-json), each
 * once, however many paths contain it. One object is used for tree after tree, so that a tree costs no memory of its own.
 */
export class SpelledTree {
  treeId = ''
  /** For each turn, the one before it; -1 for the first. A parent comes before its children. */
  readonly parents: number[] = []
  /** The last turn of each path of two turns or more, in the original's order. */
  readonly leaves: number[] = []
  readonly langs = new Set<string>()
  /** The turns' bytes in any order; a turn that follows another begins with the separator. */
  readonly bytes = new ByteSink(2 ** 16)
  readonly starts: number[] = []
  readonly ends: number[] = []

  clear(): void {
    this.treeId = ''
    this.parents.length = 0
    this.leaves.length = 0
    this.langs.clear()
    this.bytes.clear()
    this.starts.length = 0
    this.ends.length = 0
  }
}

/** The text before a turn's value. */
export const turnHead = (first: boolean): string => (first ? '{"value": "' : ', {"value": "')

/** The text after a turn's value. */
export function turnTail({ from, label, lang }: Omit<Turn, 'value'>): string {
  const spoken = `", "from": "${from}"`
  const labelled = label === undefined ? spoken : `${spoken}, "label": ${label === null ? 'null' : quoted(label)}`
  return lang === undefined ? `${labelled}}` : `${labelled}, "lang": ${quoted(lang)}}`
}

/** Labels and languages rarely contain a character to escape; texts are well-formed already. */
const quoted = (text: string): string => (special.test(text) ? JSON.stringify(text) : `"${text}"`)

const special = /["\\\x00-\x1f]/
