/**
 * A text as Python's `repr` prints it: in single quotes unless it contains some and no double ones, with unprintable
 * characters escaped.
 */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(/[\\'"]|[\p{C}\p{Z}]/gu, character => {
    if (character === ' ') return character
    if (character === '"' || character === "'") return character === quote ? `\\${character}` : character
    return shortEscapes[character] ?? longEscape(character.codePointAt(0)!)
  })
  return `${quote}${escaped}${quote}`
}

const shortEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function longEscape(code: number): string {
  const hex = code.toString(16)
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
