/**
 * Whether a text consists of these pieces, in order, with at least `between` characters between neighbours. Takes time in
 * proportion to the text, however many pieces there are.
 */
export function fitsPieces(pieces: readonly string[], text: string, between: number): boolean {
  const [first = '', ...others] = pieces
  if (others.length === 0) return text === first
  if (!text.startsWith(first)) return false
  const last = others.pop()!
  let at = first.length
  for (const piece of others) {
    const found = text.indexOf(piece, at + between)
    if (found === -1 || at + between > text.length) return false
    at = found + piece.length
  }
  return at + between + last.length <= text.length && text.endsWith(last)
}
