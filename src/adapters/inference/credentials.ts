/** A URL that is safe to show, and the headers that authenticate. */
export interface Parted {
  /** Without user name, password and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Moves user name and password from a URL to a header. */
export function partCredentials(given: string): Parted {
  const { origin, pathname, username, password } = new URL(given)
  const url = origin + pathname.replace(/\/$/, '')
  if (username === '' && password === '') return { url, headers: {} }
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { url, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
}

/** The URL without secrets, for logs. */
export const shownUrl = (url: string): string => partCredentials(url).url
