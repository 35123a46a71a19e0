import { fileURLToPath } from 'node:url'
import { compiledUrl } from '../../compiled-url.js'

/** Programs to start in place of a name on the PATH: name → program and first arguments. */
export type Programs = Readonly<Record<string, readonly string[]>>

/** Our own program, from this installation. */
const ownPrograms: Programs = {
  steerflow: [process.execPath, fileURLToPath(compiledUrl(import.meta.url, '../../../cli/main.js'))],
}

/** A step with its program's name replaced. */
export function startedAs([program, ...args]: readonly string[], programs: Programs = {}): string[] {
  const known = { ...ownPrograms, ...programs }
  return [...(Object.hasOwn(known, program!) ? known[program!]! : [program!]), ...args]
}
