/** A server that a part measures. */
export interface Server {
  readonly name: string
  readonly url: string
  /** Resolves when it ended though nobody ended it, with how. */
  readonly gone: Promise<string>
}

const all = new Set<Server>()

/** Says that a server is there, until what is returned is called. */
export function present(server: Server): () => void {
  all.add(server)
  return () => void all.delete(server)
}

/** The outcome of `work`. @throws an Error that names the first of the servers that ended before the work did. */
export function unlessGone<T>(work: Promise<T>, servers: readonly Server[]): Promise<T> {
  const gone = servers.map(async ({ name, url, gone: how }) => {
    throw new Error(`the server ${name} at ${url} ${await how}`)
  })
  return Promise.race([work, ...gone])
}

/** How each server stands that is there now, in words. */
export async function standing(): Promise<string> {
  const asked = [...all].map(async ({ name, url }) => {
    const answers = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      () => false,
    )
    return `${name} at ${url} ${answers ? 'answers' : 'does not answer'}`
  })
  return asked.length === 0 ? 'it has no server now' : (await Promise.all(asked)).join('; ')
}
