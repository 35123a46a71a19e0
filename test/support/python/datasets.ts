import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pythonWithDatasets } from '../../../scripts/parts/python-datasets.js'

const script = fileURLToPath(new URL('readers.py', import.meta.url))

/** What a reader says: its answer, or why it failed. */
export type Answer<T> = { readonly ok: T } | { readonly failed: string }

/** One thing to read, by the function of readers.py that does it. */
export type Question = readonly [reader: string, ...args: readonly string[]]

/**
 * Asks Python's libraries to read something. One process for many questions, since to import them takes seconds. They are
 * told to stay offline, and to keep caches in `cache`.
 */
export async function askReaders(cache: string, questions: readonly Question[]): Promise<readonly Answer<unknown>[]> {
  const { stdout } = await promisify(execFile)(pythonWithDatasets()!, ['-B', script, JSON.stringify(questions)], {
    env: { ...process.env, HF_HOME: cache, HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1', PYTHONWARNINGS: 'ignore' },
    maxBuffer: 1 << 26,
  })
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as readonly Answer<unknown>[]
}
