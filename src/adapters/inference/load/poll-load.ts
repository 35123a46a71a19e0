import { type Sample, parsePrometheus } from './prometheus.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { BeyondBounds, type Bounds, wholeAnswer } from '../../foreign-answer.js'
import { partCredentials } from '../credentials.js'
import { serverRoot } from '../request-path.js'

/** The load that a server reports; null: not reported. */
export interface ServerLoad {
  /** Requests in progress. */
  readonly running: number | null
  /** Requests in its own queue. */
  readonly waiting: number | null
  /** Used share of its key-value cache, from 0 to 1. */
  readonly cacheUsage: number | null
}

/** Gauge names of one kind of server; several if a name has changed, the newest first. */
interface Names {
  readonly running: readonly string[]
  readonly waiting: readonly string[]
  readonly cacheUsage: readonly string[]
}

/**
 * Kinds of servers and their gauges (docs/reference/inference-servers.md#load-gauges). vLLM's cache usage is a share
 * from 0 to 1 in spite of its name.
 */
const servers: readonly Names[] = [
  {
    running: ['vllm:num_requests_running'],
    waiting: ['vllm:num_requests_waiting'],
    cacheUsage: ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'],
  },
  { running: ['sglang:num_running_reqs'], waiting: ['sglang:num_queue_reqs'], cacheUsage: ['sglang:token_usage'] },
  { running: ['llamacpp:requests_processing'], waiting: ['llamacpp:requests_deferred'], cacheUsage: [] },
  { running: ['tgi_batch_current_size'], waiting: ['tgi_queue_size'], cacheUsage: [] },
  { running: [], waiting: ['nv_inference_pending_request_count'], cacheUsage: [] },
]

/**
 * The load in a server's samples; null if they are not from a known kind of server. Requests are summed over the labels
 * (one series per engine or model); for caches the fullest counts, since it makes requests wait.
 */
export function loadOf(samples: readonly Sample[]): ServerLoad | null {
  const values = new Map<string, number[]>()
  for (const { name, value } of samples) {
    if (Number.isFinite(value)) values.set(name, [...(values.get(name) ?? []), value])
  }
  const first = (names: readonly string[], join: (values: readonly number[]) => number): number | null => {
    const found = names.map(name => values.get(name)).find(series => series !== undefined)
    return found ? join(found) : null
  }
  for (const names of servers) {
    const load = {
      running: first(names.running, sum),
      waiting: first(names.waiting, sum),
      cacheUsage: first(names.cacheUsage, series => series.reduce((most, one) => Math.max(most, one), 0)),
    }
    if (load.running !== null || load.waiting !== null) return load
  }
  return null
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

export interface LoadSource {
  /** The metrics page: `metricsUrl(endpoint)`, or a configured URL. A user name and password in it are sent. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface PollTimes {
  /** Milliseconds between two polls (2,000). */
  readonly everyMs: number
  /** Milliseconds between two polls of a server without such a page or without known gauges (60,000). */
  readonly absentMs: number
  /** Deadline of one answer in milliseconds (1,000). */
  readonly deadlineMs: number
}

const usual: PollTimes = { everyMs: 2_000, absentMs: 60_000, deadlineMs: 1_000 }

const maxPageBytes = 4 * 2 ** 20

/** The usual metrics page of a server. */
export const metricsUrl = (endpoint: string): string => `${serverRoot(endpoint)}/metrics`

/**
 * Polls a server for its load and passes on every answer: null if there is none, since an old figure is worse than
 * none. It never fails; it ends when the signal is aborted, without further calls.
 */
export async function pollLoad(
  source: LoadSource,
  onLoad: (load: ServerLoad | null) => void,
  signal: AbortSignal,
  times: Partial<PollTimes> = {},
): Promise<void> {
  const { everyMs, absentMs, deadlineMs } = { ...usual, ...times }
  let failures = 0
  while (!signal.aborted) {
    const seen = await look(source, { ms: deadlineMs, bytes: maxPageBytes }, signal)
    if (signal.aborted) return
    onLoad(typeof seen === 'string' ? null : seen)
    failures = seen === 'failed' ? failures + 1 : 0
    const wait = seen === 'absent' ? absentMs : Math.min(absentMs, everyMs * 2 ** Math.min(failures, 16))
    await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined)
  }
}

/** Polls once: the load, `absent` if the server has no known page, `failed` if it did not answer. */
async function look(
  { url, headers }: LoadSource,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<ServerLoad | 'absent' | 'failed'> {
  try {
    const parted = partCredentials(url)
    const { answer, text } = await wholeAnswer(
      bounds,
      cancel => request(parted.url, { headers: { ...parted.headers, ...headers }, signal: cancel }),
      signal,
    )
    if (answer.statusCode === 200) return loadOf(parsePrometheus(text)) ?? 'absent'
    return answer.statusCode >= 500 || answer.statusCode === 429 ? 'failed' : 'absent'
  } catch (error) {
    return error instanceof BeyondBounds && error.bound !== 'time' ? 'absent' : 'failed'
  }
}
