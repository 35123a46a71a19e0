/** A chat as a line of a source, named by its number. */
export const chat = (id: number): string =>
  `{"id":"r${id}","messages":[{"role":"user","content":"question ${id}"},{"role":"assistant","content":"yes"}]}\n`

/** Lines of so many chats, the last one left out. */
export const chats = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => chat(from + index)).join('')
