/**
 * What makes a terminal do something, or makes text look like another text: control characters but for tabs and line ends
 * (C0, DEL, C1), and those that turn the direction of writing.
 */
const acting = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/g

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * Text that others may have written, for a terminal: what would act is spelled as JSON spells it (`\u001b`). A JSON text
 * stays one, with the same value.
 */
export const printable = (text: string): string => text.replace(acting, escaped)

/** The same on one line, for a cell of a table: a line end is spelled too, and a tab is a space. */
export const printableLine = (text: string): string =>
  printable(text)
    .replace(/[\r\n]/g, escaped)
    .replaceAll('\t', ' ')
