import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The path of a command, or null when no folder of PATH has it. */
export function commandPath(command: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, command)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      continue
    }
  }
  return null
}

/** Runs a command to its end and returns what it printed. Throws an Error with its last lines when it fails. */
export async function runCommand(command: string, args: readonly string[], cwd?: string): Promise<string> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0)
    throw new Error(`${command} ${args[0] ?? ''} failed:\n${output.trim().split('\n').slice(-12).join('\n')}`)
  return output
}

/**
 * Makes sure that a command is there; as root on Debian it installs the package that has it.
 * Throws an Error that says what to install.
 */
export async function ensureCommand(command: string, debianPackage: string): Promise<void> {
  if (commandPath(command)) return
  await installDebian(debianPackage, `${command} is not here`)
}

/** Installs a Debian package as root. Throws an Error that begins with `reason` and says what to install. */
export async function installDebian(debianPackage: string, reason: string): Promise<void> {
  if (process.getuid?.() !== 0 || !commandPath('apt-get')) {
    throw new Error(`${reason}: install it (on Debian: apt-get install ${debianPackage})`)
  }
  console.log(`${reason}: apt-get install ${debianPackage}`)
  await runCommand('apt-get', ['update', '-q'])
  const wait = ['-o', 'DPkg::Lock::Timeout=600']
  await runCommand('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...wait, debianPackage])
}
