import { type Finding, fail, ok } from './check.js'

const oldest = [20, 19]

/** Whether this version of Node.js, as `20.19.0`, runs the program. */
export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest[0]! || (major === oldest[0] && minor >= oldest[1]!)) return ok(`Node.js ${version}`)
  return fail(`Node.js ${version} is too old`, `Install Node.js ${oldest.join('.')} or newer.`)
}
