import { lookup, Resolver } from 'node:dns/promises'
import { type EndpointEntry } from './entry.js'

/** Addresses of one family; null: the question failed, which says nothing about them. */
export type Family = readonly string[] | null

/** What DNS says of a name. */
export interface Answer {
  readonly v4: Family
  readonly v6: Family
  /** Why a question failed; null when none did. */
  readonly cause: string | null
}

export type Resolve = (name: string) => Promise<Answer>

/** Codes of an answer that says: there is no such name, or no such record. Every other failure is no answer. */
const empty = new Set(['ENODATA', 'ENOTFOUND'])

/** How the name of an entry is asked for. */
export const resolveOf = ({ nameServers }: EndpointEntry): Resolve => (nameServers ? byServers(nameServers) : bySystem)

/** The system's own way: `/etc/hosts`, search domains, and what else is set on the machine. */
const bySystem: Resolve = async name => {
  try {
    const found = await lookup(name, { all: true, order: 'verbatim' })
    const of = (family: number) => found.filter(one => one.family === family).map(({ address }) => address)
    return { v4: of(4), v6: of(6), cause: null }
  } catch (error) {
    const code = codeOf(error)
    return code === 'ENOTFOUND' ? { v4: [], v6: [], cause: null } : { v4: null, v6: null, cause: code }
  }
}

/** A and AAAA records, asked of certain servers. */
function byServers(servers: readonly string[]): Resolve {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 })
  resolver.setServers(servers)
  return async name => {
    let cause: string | null = null
    const heard = (question: Promise<string[]>): Promise<Family> =>
      question.catch((error: unknown) => {
        const code = codeOf(error)
        if (empty.has(code)) return []
        cause = code
        return null
      })
    const [v4, v6] = await Promise.all([heard(resolver.resolve4(name)), heard(resolver.resolve6(name))])
    return { v4, v6, cause }
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'failed'
