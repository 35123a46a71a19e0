/** The cells of a table's row, without the code marks around a cell. */
const cellsOf = (row: string): string[] =>
  row
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim().replace(/^`([^`]*)`$/, '$1'))

/** The rows of each table of a Markdown text, headings left out. */
export function tablesOf(markdown: string): string[][][] {
  const tables = markdown.match(/(?:^\|.*\|$\n?)+/gm) ?? []
  return tables.map(table => table.trimEnd().split('\n').slice(2).map(cellsOf))
}

/** The blocks of a Markdown text that are fenced with this language. */
export const fencedBlocks = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text!)
