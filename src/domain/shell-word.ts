/**
 * Quotes a word for a shell, so that a displayed command can be copied: in single quotes unless the word is plain. A word
 * that would be read as an option (`-x`) gets `./` before it, since such words of ours are files and folders.
 */
export function shellWord(word: string): string {
  const safe = word.startsWith('-') ? `./${word}` : word
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`
}
