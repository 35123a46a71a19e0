import { connect } from 'node:net'
import { z } from 'zod'
import { type Bounds, wholeAnswer } from '../../adapters/foreign-answer.js'
import { shownUrl } from '../../adapters/inference/credentials.js'
import { Secrets } from '../../adapters/secrets.js'
import { parseOrUndefined } from '../../domain/json/json.js'
import { fail, type Finding, ok, warn } from './check.js'
import { currentEndpoints } from '../../adapters/inference/endpoints/current.js'
import type { EndpointsSpec } from '../../adapters/inference/endpoints/watch.js'

const waitMs = 3000

/** Opens a TCP connection to a URL's host and port, and closes it. Resolves to the cause of a failure; null on success. */
export function connectProblem(url: string): Promise<string | null> {
  const { hostname, port, protocol } = new URL(url)
  const number = Number(port) || (protocol === 'https:' ? 443 : 80)
  return new Promise(resolve => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: number })
    const end = (problem: string | null): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(problem)
    }
    const timer = setTimeout(() => end(`no answer in ${waitMs / 1000} s`), waitMs)
    socket.once('connect', () => end(null))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
}

export interface RegistryAccess {
  readonly url: string
  readonly username?: string
  readonly password?: string
}

const Subjects = z.array(z.string())
const usual: Bounds = { ms: 5000, bytes: 16 << 20 }

/** Checks that the schema registry answers. */
export async function registryReachable(
  { url, username, password }: RegistryAccess,
  bounds: Bounds = usual,
): Promise<Finding> {
  if (url === '') return ok('none configured: schema ids come from the shipped index')
  const todo = 'Start the registry or correct registry.url; a run that knows its schema ids continues without it.'
  const pair = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')
  const headers: Record<string, string> = username ? { authorization: `Basic ${pair}` } : {}
  const shown = shownUrl(url)
  try {
    const { answer, text } = await wholeAnswer(bounds, signal =>
      fetch(`${url.replace(/\/$/, '')}/subjects`, { headers, redirect: 'manual', signal }),
    )
    if (!answer.ok) return fail(`${shown} answered ${answer.status}`, todo)
    const subjects = Subjects.safeParse(parseOrUndefined(text))
    if (!subjects.success) return fail(`${shown} does not answer like a schema registry`, todo)
    return ok(`${shown} has ${subjects.data.length} subjects`)
  } catch (error) {
    const { cause, message } = error as Error
    const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? message
    return fail(`${shown}: ${new Secrets(headers, [url]).cut(why)}`, todo)
  }
}

const todoOf = (key: string): string =>
  `Start the servers, or correct ${key}.endpoints; runs wait for them and lose nothing.`

/**
 * Checks that the inference servers of all sources can be reached.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_CONFIG_INVALID if a source's file cannot be read
 */
export async function endpointsReachable(
  spec: EndpointsSpec | null,
  connect: typeof connectProblem = connectProblem,
  key: 'annotate' | 'sample' = 'annotate',
): Promise<Finding> {
  const todo = todoOf(key)
  if (!spec) return ok('none configured: the run itself serves the active baseline model')
  const { endpoints, problems } = await currentEndpoints(spec)
  const reached = await Promise.all(
    endpoints.map(async ({ url }) => {
      const problem = await connect(url)
      return problem === null ? [] : [`${shownUrl(url)}: ${problem}`]
    }),
  )
  const lost = reached.flat()
  const all = [...problems, ...lost].join('; ')
  if (endpoints.length === 0) return fail(`the sources list no server${all === '' ? '' : `: ${all}`}`, todo)
  if (lost.length === endpoints.length) return fail(`none can be reached: ${all}`, todo)
  return all === '' ? ok(`${endpoints.length} reached`) : warn(`not reached: ${all}`, todo)
}
