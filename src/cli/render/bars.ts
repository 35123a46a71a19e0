import { printableLine } from '../output/printable.js'

const blocks = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** One character per value, its height relative to the largest value; values above 0 are always visible. */
export function bars(values: readonly number[]): string {
  const most = Math.max(...values, 1)
  return values.map(value => (value === 0 ? blocks[0] : blocks[Math.max(1, Math.round((8 * value) / most))])).join('')
}

/**
 * Pads columns to their widest cell, separated by two spaces. Columns in `left` are left-aligned, the others right-aligned.
 * A row is always one line, whatever its cells contain.
 */
export function table(cells: readonly (readonly string[])[], left: readonly number[] = [0]): string[] {
  const rows = cells.map(row => row.map(printableLine))
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)))
  return rows.map(row =>
    row
      .map((cell, index) => (left.includes(index) ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!)))
      .join('  ')
      .trimEnd(),
  )
}

/** Text on one line, with control characters as spaces, cut to `width` characters. */
export function oneLine(text: string, width: number): string {
  const flat = text.replace(/[\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim()
  const characters = [...flat]
  return characters.length <= width ? flat : `${characters.slice(0, width - 1).join('')}…`
}

export const thousands = (value: number): string => value.toLocaleString('en')
