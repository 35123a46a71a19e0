import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { commandPath } from './commands.js'

/** Where systems put their Java machines, each in a folder of its own. */
const INSTALLED = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines']

/** The path of a `java` of at least this feature release (17, 21), or null. The one that PATH names comes first. */
export function findJava(atLeast: number, others: readonly string[] = []): string | null {
  return candidates(others).find(java => (featureRelease(java) ?? 0) >= atLeast) ?? null
}

function candidates(others: readonly string[]): string[] {
  const homes = INSTALLED.filter(folder => existsSync(folder)).flatMap(folder =>
    readdirSync(folder).flatMap(name => [join(folder, name), join(folder, name, 'Contents/Home')]),
  )
  const javas = [process.env.JAVA_HOME, ...homes].flatMap(home => (home ? [join(home, 'bin/java')] : []))
  const named = commandPath('java')
  return [...(named ? [named] : []), ...javas, ...others].filter(java => existsSync(java))
}

/** Reads the `release` file beside it, which costs nothing; asks the program when there is none. */
function featureRelease(java: string): number | null {
  const release = join(dirname(dirname(realpathSync(java))), 'release')
  const text = existsSync(release)
    ? readFileSync(release, 'utf8')
    : spawnSync(java, ['-version'], { encoding: 'utf8' }).stderr
  const version = /(?:JAVA_VERSION=|version )"(\d+)/.exec(text)
  return version ? Number(version[1]) : null
}
