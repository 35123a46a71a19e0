import { type Sample, parsePrometheus } from './prometheus.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { BeyondBounds, type Bounds, wholeAnswer } from '../../foreign-answer.js'
import { partCredentials } from '../credentials.js'

/** What a server says of its own load; null: it does not say. */
export interface ServerLoad {
  /** Requests that it works on. */
  readonly running: number | null
  /** Requests that wait in its own queue. */
  readonly waiting: number | null
  /** Used share of its key-value cache, from 0 to 1. */
  readonly cacheUsage: number | null
}

/** Names of the gauges of one kind of server; several where a name was changed, the newest first. */
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
 * The load that a server's samples tell; null when they are of none of the known servers. Requests are summed over the
 * labels (one series an engine or model); of the caches the fullest counts, since it is the one that makes requests wait.
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
  /** Page of metrics: `metricsUrl(endpoint)`, or where the server has it. A name and password in it are sent. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface PollTimes {
  /** Milliseconds between two looks (2,000). */
  readonly everyMs: number
  /** Milliseconds between two looks at a server that has no such page, or says nothing known there (60,000). */
  readonly absentMs: number
  /** Milliseconds for one answer (1,000). */
  readonly deadlineMs: number
}

const usual: PollTimes = { everyMs: 2_000, absentMs: 60_000, deadlineMs: 1_000 }

/** Longest page that is read. */
const maxPageBytes = 4 * 2 ** 20

/** Where servers have their page of metrics: beside, not below, what they answer. */
export const metricsUrl = (endpoint: string): string => `${endpoint.replace(/\/$/, '')}/metrics`

/**
 * Asks a server for its load again and again, and tells every answer: null when there is none, since an old figure is
 * worse than none. It never fails; it ends when the signal is aborted, and tells nothing after that.
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

/** One look: the load, `absent` when the server has no page that is known, `failed` when it could not be asked. */
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
