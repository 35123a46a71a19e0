import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

/** The folder of a pinned Python package with its dependencies: installed by pip into the user's cache when missing. */
export async function pythonPackage(name: string, version: string): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'steerflow', 'python', `${name}-${version}`)
  const present = await access(folder).then(
    () => true,
    () => false,
  )
  if (present) return folder
  await mkdir(dirname(folder), { recursive: true })
  const fresh = await mkdtemp(`${folder}.`)
  try {
    await promisify(execFile)('python3', ['-m', 'pip', 'install', '--quiet', '--target', fresh, `${name}==${version}`])
    await rename(fresh, folder)
  } catch (error) {
    await rm(fresh, { recursive: true })
    throw error
  }
  return folder
}

/** A Python program that does its work once for every line that it is sent, and answers with the seconds that it took. */
export interface PythonBench {
  seconds(): Promise<number>
  close(): Promise<void>
}

/** Starts a program, given as text, with a pinned package; its first answer says that it is ready. */
export async function pythonBench(
  program: string,
  args: readonly string[],
  name: string,
  version: string,
): Promise<PythonBench> {
  const env = { ...process.env, PYTHONPATH: await pythonPackage(name, version) }
  const child = spawn('python3', ['-c', program, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const next = await answers.next()
    if (next.done) throw new Error('the Python program ended')
    return next.value
  }
  await answer()
  return {
    seconds: async () => {
      child.stdin.write('\n')
      return Number(await answer())
    },
    close: async () => {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}
