import { type Sample } from './prometheus.js'

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
 * Kinds of servers and their gauges (inference §1.1, §1.3, §3.4). vLLM called the third `gpu_cache_usage_perc` before; it
 * is a share from 0 to 1 in spite of its name.
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
