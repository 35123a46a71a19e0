import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { explain, SteerflowError } from '../../../domain/errors.js'
import { complaintOf, readYaml } from '../../plain-yaml.js'
import { EndpointEntries, type EndpointEntry } from './entry.js'
import { type EndpointsReport, Trouble } from './events.js'

/** Milliseconds for which a changed file must stay the same before it is believed: half a list is a list, too. */
const settleMs = 150

/**
 * The list in a file, YAML or JSON.
 * @throws STEERFLOW_INPUT_NOT_FOUND, or STEERFLOW_CONFIG_INVALID with the place; no message holds what stands there, since
 * a URL may hold a password.
 */
export async function readEndpointsFile(path: string): Promise<readonly EndpointEntry[]> {
  return entriesOf(path, await textOf(path))
}

/**
 * Looks at a file until the signal is aborted, and tells its list whenever that changed. It reads the file at each look
 * rather than trust its time and inode: an atomic rename, the swapped symlink of a Kubernetes config map and a file
 * system with coarse times are then all the same. A file that is away or broken changes nothing, and is told of once.
 */
export async function watchEndpointsFile(
  path: string,
  onList: (entries: readonly EndpointEntry[]) => void,
  { everyMs, report, signal }: { everyMs: number; report: EndpointsReport; signal: AbortSignal },
): Promise<void> {
  const trouble = new Trouble(path, report)
  let known: string | null = null
  for (;;) {
    try {
      const text = await textOf(path)
      if (text !== known && (await isSettled(path, text, signal))) {
        const entries = entriesOf(path, text)
        known = text
        onList(entries)
      }
      if (text === known) trouble.over()
    } catch (error) {
      if (signal.aborted) return
      trouble.is(explain(error))
    }
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted) return
  }
}

async function isSettled(path: string, text: string, signal: AbortSignal): Promise<boolean> {
  await sleep(settleMs, undefined, { signal, ref: false })
  return (await textOf(path)) === text
}

const textOf = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `endpoints file ${path}`, { cause })
  })

/** An empty file is one that is just being written: a list without entries is spelled `[]`. */
function entriesOf(path: string, text: string): readonly EndpointEntry[] {
  const parsed = EndpointEntries.safeParse(readYaml(path, text))
  if (parsed.success) return parsed.data
  const { path: at, message } = complaintOf(parsed.error)
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${[path, ...at.map(String)].join(': ')}: ${message}`)
}
