/**
 * The path of a request below a server's path. What the one ends with and the other begins with is taken once: people give
 * the base URL that OpenAI's clients want (`http://host/v1`), or the URL of the method itself.
 */
export function pathBelow(base: string, path: string): string {
  const below = base.replace(/\/$/, '')
  const parts = path.split('/')
  for (let taken = parts.length; taken > 1; taken--) {
    const begin = parts.slice(0, taken).join('/')
    if (below.endsWith(begin)) return below.slice(0, -begin.length) + path
  }
  return below + path
}

/** A server's URL without the part that belongs to OpenAI's methods; other pages, such as its metrics, are beside that. */
export const serverRoot = (url: string): string =>
  url.replace(/\/$/, '').replace(/\/v1(?:(?:\/chat)?\/completions)?$/, '')
