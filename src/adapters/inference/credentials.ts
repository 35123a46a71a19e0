/** A URL, fit to be shown, and what authenticates at it. */
export interface Parted {
  /** Without name, password and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Takes name and password out of a URL; they become a header. */
export function partCredentials(given: string): Parted {
  const { origin, pathname, username, password } = new URL(given)
  const url = origin + pathname.replace(/\/$/, '')
  if (username === '' && password === '') return { url, headers: {} }
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { url, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
}

/** A URL as it may stand in a log. */
export const shownUrl = (url: string): string => partCredentials(url).url
