import { parseLabel } from '../../domain/label-line.js'
import type { AskedReply } from '../ask/ask.js'
import { table } from './bars.js'

/** Wraps text at spaces into lines of at most `width` characters; longer words are cut. */
export function wrapped(text: string, width: number): readonly string[] {
  return text.split('\n').flatMap(line => {
    const lines: string[] = []
    let current = ''
    for (const word of line.split(' ')) {
      const longer = current === '' ? word : `${current} ${word}`
      if (longer.length <= width) {
        current = longer
        continue
      }
      if (current !== '') lines.push(current)
      current = word
      while (current.length > width) {
        lines.push(current.slice(0, width))
        current = current.slice(width)
      }
    }
    return [...lines, current]
  })
}

/**
 * Answers side by side: their texts, and below them each attribute as requested → predicted. Attributes that are equal in
 * all answers are left out.
 */
export function comparison(replies: readonly AskedReply[], columns: number): string {
  const width = Math.max(20, Math.floor(columns / replies.length) - 2)
  const texts = replies.map(({ answer }) => wrapped(answer, width))
  const height = Math.max(...texts.map(lines => lines.length))
  const all = replies.map((_, index) => index)
  const names = replies.map((_, index) => `answer ${index + 1}`)
  const side = Array.from({ length: height }, (_, row) => texts.map(lines => lines[row] ?? ''))
  const asked = replies.map(({ label }) => parseLabel(label).scores)
  const seen = replies.map(({ predicted }) => predicted?.scores ?? {})
  const rows = Object.keys(asked[0] ?? {})
    .map(key => [key, ...all.map(index => `${asked[index]![key]} → ${seen[index]![key]?.toFixed(2) ?? '–'}`)])
    .filter(([, ...cells]) => new Set(cells).size > 1 || cells.length === 1)
  const figures = rows.length === 0 ? [] : table([['asked → predicted', ...names], ...rows])
  return `${[...table([names, ...side], all), '', ...figures].join('\n')}\n`
}
