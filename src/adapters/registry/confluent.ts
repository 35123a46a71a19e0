import { z } from 'zod'
import { SteerflowError } from '../../domain/errors.js'
import { isAbsent, registryFailure } from './failures.js'
import { type Registry, type RegistrySettings } from './registry.js'

/** The only file that knows the client. It is loaded when a registry is configured: 281 packages, half a second. */

const Id = z.object({ id: z.int() })
const Version = z.int()
const Schema = z.object({ schema: z.string(), schemaType: z.string().default('AVRO') })
const Level = z.string()

/** Longest that one request may take, in milliseconds. */
const requestTimeoutMs = 10_000

/**
 * The client of a Confluent-compatible registry.
 * @throws STEERFLOW_PACKAGE_MISSING when the client was left out of the installation.
 */
export async function openRegistry({ url, username, password }: RegistrySettings): Promise<Registry> {
  const { SchemaRegistryClient, Compatibility } = await load()
  const client = SchemaRegistryClient.newClient({
    baseURLs: [url.replace(/\/+$/, '')],
    // Its own retries hold a dead server's callers for seconds; the runtime retries with its own backoff.
    maxRetries: 0,
    createAxiosDefaults: { timeout: requestTimeoutMs },
    ...(username === ''
      ? {}
      : { basicAuthCredentials: { credentialsSource: 'USER_INFO' as const, userInfo: `${username}:${password}` } }),
  })
  const { host } = new URL(url)
  const json = (text: string) => ({ schemaType: 'JSON', schema: text })

  /** Asks, and checks the answer's form; null when what was asked for is not there. */
  async function find<T extends z.ZodType>(form: T, request: () => Promise<unknown>): Promise<z.output<T> | null> {
    let answer: unknown
    try {
      answer = await request()
    } catch (failure) {
      if (isAbsent(failure)) return null
      throw registryFailure(failure, host)
    }
    const parsed = form.safeParse(answer)
    if (parsed.success) return parsed.data
    throw foreign()
  }
  const foreign = () =>
    new SteerflowError('STEERFLOW_REGISTRY_DOWN', `${host} answers something else than a schema registry`)

  return {
    idOf: async (subject, text) => {
      const found = await find(Id, () => client.getIdFullResponse(subject, json(text), false))
      return found === null ? null : found.id
    },
    holds: async (subject, { type, text }) => {
      const schema = { schemaType: type, schema: text }
      return (await find(Version, () => client.getVersion(subject, schema, false, true))) !== null
    },
    byId: async (subject, id) => {
      const found = await find(Schema, () => client.getBySubjectAndId(subject, id))
      return found === null ? null : { type: found.schemaType, text: found.schema }
    },
    takes: async (subject, text) => {
      const compatible = await find(z.boolean(), () => client.testSubjectCompatibility(subject, json(text)))
      // Some registries answer 404 for a subject without a version, which takes anything.
      return compatible ?? true
    },
    register: async (subject, text) => {
      const registered = await find(Id, () => client.registerFullResponse(subject, json(text), false))
      if (registered === null) throw foreign()
      return registered.id
    },
    compatibility: subject => find(Level, () => client.getCompatibility(subject)),
    checkBackward: async subject => {
      if ((await find(Level, () => client.updateCompatibility(subject, Compatibility.BACKWARD))) === null)
        throw foreign()
    },
    close: async () => client.close(),
  }
}

async function load() {
  try {
    return await import('@confluentinc/schemaregistry')
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_PACKAGE_MISSING', '@confluentinc/schemaregistry is not installed', { cause })
  }
}
