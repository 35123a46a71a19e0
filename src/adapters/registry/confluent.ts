import { z } from 'zod'
import { SteerflowError } from '../../domain/errors.js'
import { Secrets } from '../secrets.js'
import { parseOrUndefined } from '../../domain/json/json.js'
import { BeyondBounds, type Bounds, notDeep, within } from '../foreign-answer.js'
import { optionalPackage } from '../optional-package.js'
import type { SchemaRegistry, RegistrySettings } from './registry.js'

/** An unsuccessful response of the registry. */
const RegistryAnswer = z.object({ message: z.string(), status: z.number(), errorCode: z.number() })

/**
 * A failed connection. Other fields of the client's error are ignored: it contains the request with its credentials.
 */
const Broken = z.object({ message: z.string(), code: z.string().optional() })

/**
 * Subject, version, schema, or a subject's own settings not found. A 404 without such a code comes from something else.
 */
const absentCodes: readonly number[] = [40401, 40402, 40403, 40408]

/** True if a failure means "not found". */
export function isAbsent(failure: unknown): boolean {
  const answer = RegistryAnswer.safeParse(failure)
  return answer.success && absentCodes.includes(answer.data.errorCode)
}

/** The client's error as ours, without any part of the request. `host` is for the message. */
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
 * The only file that uses the client. It is loaded only if a registry is configured, since it is large; its pitfalls:
 * docs/reference/schema-registries.md#the-client.
 */

const Id = z.object({ id: z.int() })
const Version = z.int()
const Schema = z.object({ schema: z.string(), schemaType: z.string().default('AVRO') })
const Level = z.string()

const usual: Bounds = { ms: 10_000, bytes: 16 << 20 }

/**
 * The client of a Confluent-compatible registry.
 * @throws STEERFLOW_PACKAGE_MISSING if the client was left out of the installation.
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
  // The client's own limit is for silence only; a response that arrives byte by byte would block all its callers. The
  // connection ends shortly after the time-out of `find`, whose error is more informative.
  function transformRequest(this: { signal?: unknown }, body: unknown): unknown {
    this.signal = AbortSignal.timeout(ms + 50)
    return body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  }
  const client = SchemaRegistryClient.newClient({
    baseURLs: [url.replace(/(?<!\/)\/+$/, '')],
    // Its own retries block the callers of a dead server for seconds; the runtime retries with its own backoff.
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

  /** Sends a request and checks the form of the response; null if not found. */
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
  const foreign = () => new SteerflowError('STEERFLOW_REGISTRY_DOWN', `${host} does not respond like a schema registry`)

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
      // Some registries return 404 for a subject without a version, which accepts any schema.
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

/** The client reports that only in its message. */
const isTooLong = (failure: unknown): boolean =>
  failure instanceof Error && failure.message.startsWith('maxContentLength size of')

/**
 * A body as its value; a body that is not JSON stays as it is, to be rejected by the expected form. @throws
 * BeyondBounds
 */
function parsed(body: unknown): unknown {
  if (typeof body !== 'string') return body
  return parseOrUndefined(notDeep(body)) ?? body
}
