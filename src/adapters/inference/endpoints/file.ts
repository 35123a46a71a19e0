import { setTimeout as sleep } from 'node:timers/promises'
import { errorTable, explain, SteerflowError } from '../../../domain/errors.js'
import { decodeUtf8 } from '../../files/utf8.js'
import { complaintOf, readYaml } from '../../plain-yaml.js'
import { readSmallBytes } from '../../storage/small-file.js'
import { type Protocols, protocols as builtIn } from '../protocols/protocols.js'
import { entriesOf, type EndpointEntry } from './entry.js'
import { type EndpointsReport, EndpointTrouble } from './events.js'

/** Milliseconds that a changed file must stay the same before its list is used: half a list is valid, too. */
const settleMs = 150

/** Consecutive reads with different content after which a report is made. */
const mostUnsettled = 10

/** Maximum size of a list in bytes: about ten thousand entries, which take a second or two to read. */
const longestList = 1 << 20

/** Advice about a list that cannot be used, added to the next step of its error. */
const next = 'Until it is corrected, the last list stays in force.'

/**
 * Reads the list in a file, YAML or JSON.
 * @param protocols the known protocols (default: the built-in ones)
 * @throws STEERFLOW_INPUT_NOT_FOUND, or STEERFLOW_CONFIG_INVALID with the position, also if the path is not a file, is
 *   too long or is not UTF-8. No message quotes the content, since a URL may contain a password.
 */
export async function readEndpointsFile(
  path: string,
  protocols: Protocols = builtIn,
): Promise<readonly EndpointEntry[]> {
  return listIn(path, await textOf(path), protocols)
}

/**
 * Reads a file periodically until the signal is aborted, and passes on its list whenever it has changed. It compares
 * the content instead of time and inode, so that an atomic rename, the swapped symlink of a Kubernetes config map and a
 * file system with coarse times all work. An absent or broken file changes nothing and is reported once.
 */
export async function watchEndpointsFile(
  path: string,
  onList: (entries: readonly EndpointEntry[]) => void,
  watch: { everyMs: number; report: EndpointsReport; signal: AbortSignal; protocols?: Protocols },
): Promise<void> {
  const { everyMs, report, signal, protocols = builtIn } = watch
  const trouble = new EndpointTrouble(path, report)
  let known: string | null = null
  let unsettled = 0
  for (;;) {
    try {
      const text = await textOf(path)
      const isSettled = text === known || (await isStill(path, text, signal))
      unsettled = isSettled ? 0 : unsettled + 1
      if (unsettled > mostUnsettled) throw unfit(`${path} changed at every read: write a new file and rename it`)
      if (isSettled && text !== known) {
        const entries = listIn(path, text, protocols)
        known = text
        onList(entries)
      }
      if (text === known) trouble.over()
    } catch (error) {
      if (signal.aborted) return
      const own = error instanceof SteerflowError ? `${errorTable[error.code].next} ` : ''
      trouble.is(explain(error), own + next)
    }
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted) return
  }
}

async function isStill(path: string, text: string, signal: AbortSignal): Promise<boolean> {
  await sleep(settleMs, undefined, { signal, ref: false })
  return (await textOf(path)) === text
}

const unfit = (message: string, cause?: unknown): SteerflowError =>
  new SteerflowError('STEERFLOW_CONFIG_INVALID', message, { cause })

async function textOf(path: string): Promise<string> {
  const bytes = await readSmallBytes(path, longestList).catch((cause: unknown) => {
    const isAway = ['ENOENT', 'ENOTDIR', 'EACCES'].includes((cause as NodeJS.ErrnoException).code ?? '')
    if (isAway) throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `endpoints file ${path}`, { cause })
    throw unfit(`endpoints file ${path} cannot be read as a list`, cause)
  })
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw unfit(`endpoints file ${path}`, cause)
  }
}

/** An empty file is one that is being written: a list without entries is spelled `[]`. */
function listIn(path: string, text: string, protocols: Protocols): readonly EndpointEntry[] {
  if (text.trim() === '') throw unfit(`${path} is empty; a list without servers is spelled []`)
  const parsed = entriesOf(protocols).safeParse(readYaml(path, text))
  if (parsed.success) return parsed.data
  const { path: at, message } = complaintOf(parsed.error)
  throw unfit(`${[path, ...at.map(String)].join(': ')}: ${message}`)
}
