import { z } from 'zod'
import { SteerflowError } from '../../domain/errors.js'
import { Secrets } from '../secrets.js'
import { parseOrUndefined } from '../../domain/json/json.js'
import { BeyondBounds, type Bounds, notDeep, within } from '../foreign-answer.js'
import { optionalPackage } from '../optional-package.js'
import type { SchemaRegistry, RegistrySettings } from './registry.js'

/** An answer of the registry that is not a success. */
const RegistryAnswer = z.object({ message: z.string(), status: z.number(), errorCode: z.number() })

/** A connection that failed: nothing else of the client's error is looked at, it holds the request with its credentials. */
const Broken = z.object({ message: z.string(), code: z.string().optional() })

/** Subject, version, schema and a subject's own settings not found. A 404 without such a code comes from something else. */
const absentCodes: readonly number[] = [40401, 40402, 40403, 40408]

/** Whether a failure says that what was asked for is not there. */
export function isAbsent(failure: unknown): boolean {
  const answer = RegistryAnswer.safeParse(failure)
  return answer.success && absentCodes.includes(answer.data.errorCode)
}

/** What the client threw, in our terms, without anything of the request. `host` is for the message. */
export function registryFailure(failure: unknown, host: string, secrets: Secrets): SteerflowError {
  const answer = RegistryAnswer.safeParse(failure)
  if (!answer.success) {
    const { code, message } = Broken.catch({ message: 'unknown' }).parse(failure)
    const cause = new Error(secrets.cut(message))
    return new SteerflowError('STEERFLOW_REGISTRY_DOWN', `${host} does not answer${code ? ` (${code})` : ''}`, {
      cause,
    })
  }
  const { status, message } = answer.data
  const cause = new Error(secrets.cut(message))
  if (status === 409) return new SteerflowError('STEERFLOW_SCHEMA_INCOMPATIBLE', `${host} refuses a version`, { cause })
  if (status === 401 || status === 403 || status === 422) {
    return new SteerflowError('STEERFLOW_REGISTRY_REFUSED', `${host} answers ${status}`, { cause })
  }
  return new SteerflowError('STEERFLOW_REGISTRY_DOWN', `${host} answers ${status}`, { cause })
}

/**
 * The only file that knows the client. It is loaded when a registry is configured, since it is heavy; its traps:
 * docs/reference/schema-registries.md#the-client.
 */

const Id = z.object({ id: z.int() })
const Version = z.int()
const Schema = z.object({ schema: z.string(), schemaType: z.string().default('AVRO') })
const Level = z.string()

const usual: Bounds = { ms: 10_000, bytes: 16 << 20 }

/**
 * The client of a Confluent-compatible registry.
 * @throws STEERFLOW_PACKAGE_MISSING when the client was left out of the installation.
 */
export async function openRegistry(
  { url, username, password }: RegistrySettings,
  { ms, bytes }: Bounds = usual,
): Promise<SchemaRegistry> {
  const { SchemaRegistryClient, Compatibility } = await optionalPackage(
    '@confluentinc/schemaregistry',
    'registry.url',
    () => import('@confluentinc/schemaregistry'),
  )
  // The client's own limit is of silence, and an answer that comes byte by byte would hold up all that wait for it. Its
  // connection ends behind the time of `find`, whose error says more.
  function transformRequest(this: { signal?: unknown }, body: unknown): unknown {
    this.signal = AbortSignal.timeout(ms + 50)
    return body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  }
  const client = SchemaRegistryClient.newClient({
    baseURLs: [url.replace(/(?<!\/)\/+$/, '')],
    // Its own retries hold a dead server's callers for seconds; the runtime retries with its own backoff.
    maxRetries: 0,
    createAxiosDefaults: { maxContentLength: bytes, transformRequest, transformResponse: [parsed] },
    ...(username === ''
      ? {}
      : { basicAuthCredentials: { credentialsSource: 'USER_INFO' as const, userInfo: `${username}:${password}` } }),
  })
  const { host } = new URL(url)
  const secrets = new Secrets({}, [url])
  secrets.add(password, `${username}:${password}`)
  const json = (text: string) => ({ schemaType: 'JSON', schema: text })

  /** Asks, and checks the answer's form; null when what was asked for is not there. */
  async function find<T extends z.ZodType>(form: T, request: () => Promise<unknown>): Promise<z.output<T> | null> {
    let answer: unknown
    try {
      answer = await within(ms, request)
    } catch (failure) {
      if (isAbsent(failure)) return null
      throw registryFailure(
        isTooLong(failure) ? new BeyondBounds('size', `an answer of more than ${bytes} bytes`) : failure,
        host,
        secrets,
      )
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
      return found === null ? null : { type: secrets.cut(found.schemaType), text: found.schema }
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
    compatibility: async subject => {
      const level = await find(Level, () => client.getCompatibility(subject))
      return level === null ? null : secrets.cut(level)
    },
    checkBackward: async subject => {
      if ((await find(Level, () => client.updateCompatibility(subject, Compatibility.BACKWARD))) === null)
        throw foreign()
    },
    close: async () => client.close(),
  }
}

/** The client says so in words only. */
const isTooLong = (failure: unknown): boolean =>
  failure instanceof Error && failure.message.startsWith('maxContentLength size of')

/** A body as its value; one that is no JSON as it is, for the form that was expected. @throws BeyondBounds */
function parsed(body: unknown): unknown {
  if (typeof body !== 'string') return body
  return parseOrUndefined(notDeep(body)) ?? body
}
