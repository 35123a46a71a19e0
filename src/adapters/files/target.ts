import type { Stats } from 'node:fs'
import { lstat, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'

/** What a path that a person named leads to, for whatever writes there. */
export type FileTarget =
  /** A regular file or none yet, with links followed: it can be replaced by another file of this name. */
  | { readonly kind: 'file'; readonly path: string }
  /** A pipe, a terminal, a device such as /dev/null: it is opened as it is, and never replaced. */
  | { readonly kind: 'device'; readonly path: string }
  /** A regular file that this process has open, as with `> file` and /dev/stdout: it is written where it stands. */
  | { readonly kind: 'open'; readonly fd: number }

const failure = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const absent = (error: unknown): null => {
  if (failure(error) === 'ENOENT') return null
  throw error
}

/** What the system says of a place where nothing can be written by this process, whatever the disk has left. */
const misplaced = new Set(['ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ELOOP', 'ENAMETOOLONG', 'EEXIST'])

/** An output that cannot be written, as the error for whoever named it: the place is wrong, or something with the disk. */
export const unwritable = (path: string, cause: unknown): SteerflowError =>
  cause instanceof SteerflowError
    ? cause
    : new SteerflowError(
        misplaced.has(failure(cause) ?? '') ? 'STEERFLOW_OUTPUT_PLACE' : 'STEERFLOW_STORAGE',
        `${path} cannot be written`,
        { cause },
      )

/** Most links on the way to a file, as the system has it. */
const mostLinks = 40

/**
 * Looks at where a path leads. A file is never renamed over what is no regular file: as root that would replace the
 * device for every program of the machine.
 * @throws STEERFLOW_USAGE for `-` and for a folder; STEERFLOW_OUTPUT_PLACE where no file can be
 */
export const targetOf = (path: string): Promise<FileTarget> =>
  leadsTo(path).catch((cause: unknown) => {
    throw unwritable(path, cause)
  })

async function leadsTo(path: string): Promise<FileTarget> {
  refuseDash(path)
  let at = resolve(path)
  for (let links = 0; links < mostLinks; links++) {
    const folder = await realpath(dirname(at)).catch(absent)
    // Nothing is there yet, so that nothing can be replaced; the folder is made by the writer.
    if (folder === null) return { kind: 'file', path: at }
    at = join(folder, basename(at))
    const fd = descriptorOf(at)
    const found: Stats | null = await (fd === null ? lstat(at) : stat(at)).catch(absent)
    if (found?.isSymbolicLink()) {
      at = resolve(folder, await readlink(at))
      continue
    }
    if (found?.isDirectory()) throw new SteerflowError('STEERFLOW_USAGE', `${path} is a folder, not a file`)
    if (found !== null && !found.isFile()) return { kind: 'device', path: at }
    return fd === null ? { kind: 'file', path: at } : { kind: 'open', fd }
  }
  throw new SteerflowError('STEERFLOW_USAGE', `${path} leads from link to link, to no file`)
}

/**
 * Refuses `-` as a name of an output: results that go to standard output would stand among the lines that are printed
 * there.
 * @throws STEERFLOW_USAGE
 */
export function refuseDash(path: string): void {
  if (path !== '-') return
  throw new SteerflowError(
    'STEERFLOW_USAGE',
    '- is no name of an output; name a file, ./- for one of that name, or /dev/stdout for standard output',
  )
}

/**
 * The path that names of further files are made of: the output's own, or in the working folder the last word of what is no
 * file, since nothing belongs beside a device.
 */
export async function besides(output: string): Promise<string> {
  const { kind } = await targetOf(output)
  return kind === 'file' ? output : basename(output)
}

/** The number of an open file of this process, where a path is the system's name for one. */
function descriptorOf(path: string): number | null {
  const [, owner, fd] = /^\/proc\/(\d+)(?:\/task\/\d+)?\/fd\/(\d+)$/.exec(path) ?? []
  return owner === String(process.pid) && fd !== undefined ? Number(fd) : null
}
