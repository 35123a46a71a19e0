import type { Stats } from 'node:fs'
import { lstat, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'

/** The target of an output path. */
export type FileTarget =
  /** A regular file, or no file yet, with links followed: it can be replaced by a new file with this name. */
  | { readonly kind: 'file'; readonly path: string }
  /** A pipe, a terminal or a device such as /dev/null: opened directly, never replaced. */
  | { readonly kind: 'device'; readonly path: string }
  /** A regular file that this process has open, as with `> file` and /dev/stdout: written at its current position. */
  | { readonly kind: 'open'; readonly fd: number }

const failure = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const absent = (error: unknown): null => {
  if (failure(error) === 'ENOENT') return null
  throw error
}

/** System errors for a path that this process cannot write, whatever space the disk has. */
const misplaced = new Set(['ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ELOOP', 'ENAMETOOLONG', 'EEXIST'])

/** The error for an unwritable output: a wrong path, or a problem of the disk. */
export const unwritable = (path: string, cause: unknown): SteerflowError =>
  cause instanceof SteerflowError
    ? cause
    : new SteerflowError(
        misplaced.has(failure(cause) ?? '') ? 'STEERFLOW_OUTPUT_PLACE' : 'STEERFLOW_STORAGE',
        `${path} cannot be written`,
        { cause },
      )

/** Limit on links on the way to a file, as in the kernel. */
const mostLinks = 40

/**
 * Resolves an output path. Only a regular file may be replaced by a rename: root could otherwise replace a device for every
 * program of the machine.
 * @throws STEERFLOW_USAGE for `-` and for a folder; STEERFLOW_OUTPUT_PLACE if no file can be written there
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
    // Nothing exists yet to be replaced; the writer creates the folder.
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
  throw new SteerflowError('STEERFLOW_USAGE', `${path} is a chain of links that leads to no file`)
}

/**
 * Rejects `-` as an output name: results on standard output would mix with the lines printed there.
 * @throws STEERFLOW_USAGE
 */
export function refuseDash(path: string): void {
  if (path !== '-') return
  throw new SteerflowError(
    'STEERFLOW_USAGE',
    '- is not an output; give a file, ./- for a file with that name, or /dev/stdout for standard output',
  )
}

/**
 * The path from which names of companion files derive: the output's path, or for anything but a file its last component in
 * the working folder, since nothing belongs beside a device.
 */
export async function besides(output: string): Promise<string> {
  const { kind } = await targetOf(output)
  return kind === 'file' ? output : basename(output)
}

/** The descriptor of an open file of this process, if the path is the system's name for one. */
function descriptorOf(path: string): number | null {
  const [, owner, fd] = /^\/proc\/(\d+)(?:\/task\/\d+)?\/fd\/(\d+)$/.exec(path) ?? []
  return owner === String(process.pid) && fd !== undefined ? Number(fd) : null
}
