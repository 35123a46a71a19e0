import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What a process holds at a moment. */
export interface ProcessSample {
  /** Memory of its own, which no file backs, in bytes. */
  readonly anonymous: number
  readonly resident: number
  readonly threads: number
  readonly descriptors: number
  /** Of those, sockets. */
  readonly sockets: number
  /** Processor time since its start, in seconds. */
  readonly cpuSeconds: number
}

/** What a worker holds at a moment. */
export interface WorkerSample extends ProcessSample {
  /** Bytes of JavaScript's heap and buffers after the last collection; null before the first. */
  readonly held: number | null
}

const kiB = (status: string, key: string): number =>
  Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024

/** What /proc says of a process (Linux). @throws when it has ended */
export async function sampleProcess(pid: number): Promise<ProcessSample> {
  const folder = `/proc/${pid}`
  const [status, times, descriptors] = await Promise.all([
    readFile(join(folder, 'status'), 'utf8'),
    readFile(join(folder, 'stat'), 'utf8'),
    readdir(join(folder, 'fd')),
  ])
  const targets = await Promise.all(descriptors.map(one => readlink(join(folder, 'fd', one)).catch(() => '')))
  // Behind the name in brackets, which may hold anything; in ticks of a hundredth of a second.
  const fields = times.slice(times.lastIndexOf(')') + 2).split(' ')
  return {
    anonymous: kiB(status, 'RssAnon'),
    resident: kiB(status, 'VmRSS'),
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    descriptors: descriptors.length,
    sockets: targets.filter(target => target.startsWith('socket:')).length,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
  }
}

/** Bytes on disk of each entry of a folder; what is linked to several names counts once. */
export async function folderBytes(root: string): Promise<Readonly<Record<string, number>>> {
  const seen = new Set<string>()
  const bytesOf = async (path: string): Promise<number> => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    let bytes = 0
    for (const entry of entries) {
      const child = join(path, entry.name)
      if (entry.isDirectory()) bytes += await bytesOf(child)
      else if (entry.isFile()) bytes += await fileBytes(child)
    }
    return bytes
  }
  /** A file that is removed meanwhile has none. */
  const fileBytes = async (path: string): Promise<number> => {
    const found = await stat(path).catch(() => null)
    if (!found || seen.has(`${found.dev}:${found.ino}`)) return 0
    seen.add(`${found.dev}:${found.ino}`)
    return found.blocks * 512
  }
  const bytes: Record<string, number> = {}
  for (const entry of await readdir(root, { withFileTypes: true })) {
    const path = join(root, entry.name)
    bytes[entry.name] = entry.isDirectory() ? await bytesOf(path) : await fileBytes(path)
  }
  return bytes
}
