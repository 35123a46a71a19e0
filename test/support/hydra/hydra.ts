import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { pythonWithHydra } from '../../../scripts/parts/python-hydra.js'

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const Leaves = z.record(z.string(), z.tuple([z.string(), z.unknown()]))

function python(name: string, args: readonly string[], options: { cwd?: string; input?: string } = {}) {
  const found = pythonWithHydra()
  if (!found) throw new Error('hydra-core is not installed')
  // Nothing else is loaded, and the installed folder stays as it is.
  const argv = ['-I', '-B', script(name), found.packages, ...args]
  return spawnSync(found.python, argv, { encoding: 'utf8', maxBuffer: 2 ** 28, ...options })
}

/** What hydra's own command line does with these arguments: every leaf with its Python type, or its error. */
export function compose(
  folder: string,
  ...args: readonly string[]
): { readonly leaves: z.output<typeof Leaves> } | { readonly error: string } {
  const { status, stdout, stderr } = python('app.py', args, { cwd: folder })
  return status === 0 ? { leaves: Leaves.parse(JSON.parse(stdout)) } : { error: stderr }
}

/** Reads texts with the real libraries (read.py). Throws an Error when they refuse the file. */
export function readWith(asked: object): unknown {
  const { status, stdout, stderr } = python('read.py', [], { input: JSON.stringify(asked) })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}
