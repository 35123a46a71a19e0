import { explain } from '../../../domain/errors.js'
import { keyHeaders } from './api-key.js'
import { type EndpointEntry } from './entry.js'
import { type EndpointsReport, Trouble } from './events.js'

type Headers = Readonly<Record<string, string>>

/** The keys of entries, over time: one that cannot be read now stays what it was. */
export class Keys {
  readonly #known = new Map<string, Headers>()
  readonly #troubles = new Map<string, Trouble>()

  constructor(private readonly report: EndpointsReport) {}

  /** The headers with an entry's key; null when the key was never read: such a server would refuse everything. */
  async of(entry: EndpointEntry): Promise<Headers | null> {
    const { apiKeyEnv, apiKeyFile } = entry
    const source = apiKeyFile ?? apiKeyEnv
    if (source === undefined) return {}
    const trouble = this.#troubles.get(source) ?? new Trouble(source, this.report)
    this.#troubles.set(source, trouble)
    try {
      const headers = await keyHeaders(entry)
      this.#known.set(source, headers)
      trouble.over()
      return headers
    } catch (error) {
      trouble.is(explain(error))
      return this.#known.get(source) ?? null
    }
  }
}
