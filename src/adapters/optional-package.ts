import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'

const Dependencies = z.record(z.string(), z.string()).optional()
const Manifest = z.object({ dependencies: Dependencies, optionalDependencies: Dependencies })

/**
 * Loads a package that an installation may lack: one that `npm install --omit=optional` leaves out, or one whose binary
 * for this machine is such a package. `wants` is the subject of the message: what was configured or asked for.
 * Nothing else may import such a package, but for its types: test/packaging/static-imports.test.ts.
 * @throws STEERFLOW_PACKAGE_MISSING with the command that installs it.
 */
export async function optionalPackage<T>(name: string, wants: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const absent = isAbsent(name, cause)
    const state = absent ? 'is not installed' : 'does not load on this machine'
    // What is there and does not load lacks its binary, which is an optional package of its own.
    const command = absent ? `npm install ${name}${versionOf(name)}` : installBinary(name)
    throw new SteerflowError(
      'STEERFLOW_PACKAGE_MISSING',
      `${wants} wants the package ${name}, which ${state}: run \`${command}\` in the folder where steerflow is installed`,
      { cause },
    )
  }
}

/** Whether it is this package that was not found, and not something that it imports. */
const isAbsent = (name: string, error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes(`'${name}'`)

/** The version that steerflow was tested with, e.g. `@3.1175.0`; empty where its package.json does not say. */
function versionOf(name: string): string {
  const { dependencies, optionalDependencies } = manifest(new URL('../../package.json', import.meta.url))
  const version = { ...dependencies, ...optionalDependencies }[name]
  return version === undefined ? '' : `@${version}`
}

/** The command that installs the binary of a package for this machine, and nothing else where its name can be told. */
function installBinary(name: string): string {
  const machine = `-${process.platform}-${process.arch}`
  const libc = process.platform === 'linux' && isMusl() ? '-musl' : '-gnu'
  const binaries = Object.entries(manifest(packageFile(name)).optionalDependencies ?? {}).filter(
    ([binary]) =>
      binary.endsWith(machine) || binary.endsWith(`${machine}${libc}`) || binary.endsWith(`${machine}-msvc`),
  )
  if (binaries.length === 0) return 'npm install --include=optional'
  return ['npm install', ...binaries.map(([binary, version]) => `${binary}@${version}`)].join(' ')
}

function isMusl(): boolean {
  const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime === undefined
}

/** Where a package that is installed describes itself. It need not export that file. */
function packageFile(name: string): URL | null {
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    const folder = join('node_modules', name)
    return pathToFileURL(join(entry.slice(0, entry.lastIndexOf(folder) + folder.length), 'package.json'))
  } catch {
    return null
  }
}

/** What a package.json names; nothing where it cannot be read: a message that says less is better than another error. */
function manifest(file: URL | null): z.infer<typeof Manifest> {
  try {
    return file ? Manifest.parse(JSON.parse(readFileSync(file, 'utf8'))) : {}
  } catch {
    return {}
  }
}
