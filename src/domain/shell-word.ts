/**
 * A word as it is typed into a shell, so that a command that is shown can be copied: in single quotes unless it is plain.
 * A word that would be read as an option (`-x`) begins with `./`, since such words of ours are files and folders.
 */
export function shellWord(word: string): string {
  const safe = word.startsWith('-') ? `./${word}` : word
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`
}
