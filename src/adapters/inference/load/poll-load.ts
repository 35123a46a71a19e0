import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { partCredentials } from '../credentials.js'
import { parsePrometheus } from './prometheus.js'
import { loadOf, type ServerLoad } from './server-load.js'

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
    const seen = await look(source, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]))
    if (signal.aborted) return
    onLoad(typeof seen === 'string' ? null : seen)
    failures = seen === 'failed' ? failures + 1 : 0
    const wait = seen === 'absent' ? absentMs : Math.min(absentMs, everyMs * 2 ** Math.min(failures, 16))
    await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined)
  }
}

/** One look: the load, `absent` when the server has no page that is known, `failed` when it could not be asked. */
async function look({ url, headers }: LoadSource, signal: AbortSignal): Promise<ServerLoad | 'absent' | 'failed'> {
  try {
    const parted = partCredentials(url)
    const answer = await request(parted.url, { headers: { ...parted.headers, ...headers }, signal })
    if (answer.statusCode !== 200) {
      await answer.body.dump()
      return answer.statusCode >= 500 || answer.statusCode === 429 ? 'failed' : 'absent'
    }
    let page = ''
    answer.body.setEncoding('utf8')
    for await (const chunk of answer.body as AsyncIterable<string>) {
      page += chunk
      if (page.length > maxPageBytes) return 'absent'
    }
    return loadOf(parsePrometheus(page)) ?? 'absent'
  } catch {
    return 'failed'
  }
}
