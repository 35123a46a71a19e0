import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, linkSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandPath, runCommand } from '../../scripts/parts/commands.js'

/** Limits that only bound what hangs. */
const limitMs = 240_000

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A process with nothing of this one's environment but what is given. */
export interface Bare {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly uid?: number
}

/** Runs a program to its end, or for four minutes, after which its code is null. */
export async function runBare(command: string, args: readonly string[], bare: Bare): Promise<Ended> {
  const { cwd, env, uid } = bare
  const child = spawn(command, args, {
    cwd,
    env,
    ...(uid !== undefined && { uid, gid: uid }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { code, out, err }
}

/** npm's own program, so that any Node can run it. @throws an Error when there is no npm. */
function npmProgram(): string {
  const npm = commandPath('npm')
  if (!npm) throw new Error('npm is not here')
  return realpathSync(npm)
}

/** What npm needs beside the node that runs it; it may reach its registry and its cache as it does here. */
export const npm = (node: string, args: readonly string[], cwd: string): Promise<string> =>
  runCommand(node, [npmProgram(), ...args, '--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier'], cwd)

/** Packs this repository as it is compiled; returns the archive's path. */
export async function pack(into: string): Promise<string> {
  const out = await npm(process.execPath, ['pack', '--ignore-scripts', '--silent', '--pack-destination', into], '.')
  return join(into, out.trim().split('\n').at(-1)!)
}

/**
 * Installs the package into an empty folder as a project of ES modules, or into the folder of a project, with what its own
 * package.json wants. No script of a package runs, as where npm does not allow them: whatever is not a binary already is not
 * there.
 */
export async function installPackage(node: string, archive: string, folder: string, args: readonly string[] = []) {
  mkdirSync(folder, { recursive: true })
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true, "type": "module" }\n')
  await npm(node, ['install', archive, '--ignore-scripts', ...args], folder)
}

/**
 * A PATH with a node, a shell and nothing else: no git, no npm, no other Node. The node is the folder's own file, since
 * other users do not get into this one's cache.
 */
export function barePath(folder: string, node: string): string {
  mkdirSync(folder, { recursive: true })
  try {
    linkSync(node, join(folder, 'node'))
  } catch {
    // Another file system.
    copyFileSync(node, join(folder, 'node'))
  }
  symlinkSync(realpathSync('/bin/sh'), join(folder, 'sh'))
  return folder
}
