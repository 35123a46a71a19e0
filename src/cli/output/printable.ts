/**
 * Characters that control a terminal or disguise text: control characters except tabs and line ends (C0, DEL, C1), and those
 * that change the writing direction.
 */
const acting = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/g

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * Makes untrusted text safe for a terminal: control characters become JSON escapes (`\u001b`). JSON text stays JSON with the
 * same value.
 */
export const printable = (text: string): string => text.replace(acting, escaped)

/** Like `printable`, on one line for a table cell: line ends are escaped and tabs become spaces. */
export const printableLine = (text: string): string =>
  printable(text)
    .replace(/[\r\n]/g, escaped)
    .replaceAll('\t', ' ')
