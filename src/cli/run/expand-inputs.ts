import { existsSync } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { unreadable } from '../../adapters/files/bytes.js'
import { SteerflowError } from '../../domain/errors.js'

/** Names of files that hold records. */
const recordFile = /\.(jsonl|ndjson|json|parquet)(\.(gz|gzip|zst|zstd))?$/i
const wildcard = /[*?[]/

/**
 * The files that arguments name: a folder stands for the files of records in it and below it, a pattern for those that it
 * matches, both sorted by name. Hidden files and folders are left out.
 * @throws STEERFLOW_INPUT_NOT_FOUND if a folder or pattern gives no file, or a folder cannot be read
 */
export async function expandInputs(
  inputs: readonly string[],
  tell: (message: string) => void = () => undefined,
): Promise<readonly string[]> {
  const files: string[] = []
  for (const input of inputs) {
    const about = input === '-' ? null : await stat(input).catch(() => null)
    if (about?.isDirectory()) files.push(...(await inFolder(input, tell)))
    else if (about === null && input !== '-' && wildcard.test(input)) files.push(...(await matching(input, tell)))
    else files.push(input)
  }
  return files
}

async function inFolder(folder: string, tell: (message: string) => void): Promise<readonly string[]> {
  const all = await filesBelow(folder)
  const files = all.filter(file => recordFile.test(file))
  const others = all.filter(file => !recordFile.test(file))
  if (files.length === 0) {
    const text = `the folder ${folder} has no file of records (.jsonl, .ndjson, .json or .parquet, also with .gz or .zst)`
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', text, { next: 'Name the files, whatever their endings are.' })
  }
  const left = others.length > 0 ? `; left out: ${named(others)}` : ''
  tell(`${folder}: ${files.length} ${files.length === 1 ? 'file' : 'files'}${left}`)
  return files
}

async function matching(pattern: string, tell: (message: string) => void): Promise<readonly string[]> {
  const parts = pattern.split('/')
  const fixed = parts.findIndex(part => wildcard.test(part))
  const root = parts.slice(0, fixed).join('/') || (pattern.startsWith('/') ? '/' : '')
  const expression = expressionOf(parts.slice(fixed))
  const all = await filesBelow(root || '.').catch((error: unknown) => {
    if (root !== '' && !existsSync(root)) return []
    throw error
  })
  const files = all.filter(file => expression.test(file.slice(root === '' ? 0 : join(root, '/').length)))
  if (files.length === 0)
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `no file matches ${pattern}`, { next: 'Check the pattern.' })
  tell(`${pattern}: ${files.length} ${files.length === 1 ? 'file' : 'files'}`)
  return files
}

/**
 * The files in a folder and below it, sorted. A link to a folder that is being read is not followed again.
 * @throws STEERFLOW_INPUT_NOT_FOUND for a link that leads nowhere
 */
async function filesBelow(folder: string, above: readonly string[] = []): Promise<string[]> {
  const real = await realpath(folder).catch(() => folder)
  if (above.includes(real)) return []
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(folder, cause)
  })
  const files: string[] = []
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name.startsWith('.')) continue
    const path = join(folder, name)
    const about = await stat(path).catch((cause: unknown) => {
      throw unreadable(path, cause)
    })
    if (about.isDirectory()) files.push(...(await filesBelow(path, [...above, real])))
    else if (about.isFile()) files.push(path)
  }
  return files
}

/** A pattern of a shell: `*` and `?` stay within a name, a part of its own named `**` is any number of folders. */
function expressionOf(parts: readonly string[]): RegExp {
  const texts = parts.map((part, at) => {
    const isLast = at === parts.length - 1
    if (part === '**') return isLast ? '.*' : '(?:.*/)?'
    const name = part.replace(/\*+|\?|\[[^\][/]+\]|[\\^$.|+(){}[\]]/g, found => {
      if (found.startsWith('*')) return '[^/]*'
      if (found === '?') return '[^/]'
      return found.length > 2 ? found.replace(/^\[!/, '[^') : `\\${found}`
    })
    return isLast ? name : `${name}/`
  })
  return new RegExp(`^${texts.join('')}$`)
}

const shown = 3

const named = (files: readonly string[]): string =>
  files.length <= shown
    ? files.map(file => basename(file)).join(', ')
    : `${files
        .slice(0, shown)
        .map(file => basename(file))
        .join(', ')} and ${files.length - shown} more`
