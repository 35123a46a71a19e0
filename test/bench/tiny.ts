import { execFile } from 'node:child_process'
import { z } from 'zod'

/** Longest that a benchmark may take; only what hangs takes so long. */
const limitMs = 560_000

const Told = z.object({
  figures: z.array(z.looseObject({ benchmark: z.string(), part: z.string(), value: z.number(), met: z.null() })),
  failed: z.array(z.string()),
})

/** Runs `npm run bench` with these arguments, as npm does: exit code and what it said. */
export const bench = (...args: readonly string[]): Promise<{ code: unknown; out: string; err: string }> =>
  benchWith({}, args)

const benchWith = (
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<{ code: unknown; out: string; err: string }> =>
  new Promise(resolve => {
    const options = {
      timeout: limitMs,
      killSignal: 'SIGKILL',
      maxBuffer: 2 ** 26,
      env: { ...process.env, ...env },
    } as const
    const argv = ['--import', 'tsx', 'bench/main.ts', ...args]
    execFile(process.execPath, argv, options, (error, out, err) => resolve({ code: error ? error.code : 0, out, err }))
  })

/**
 * Runs every part of a benchmark at a tiny size; the parts that gave figures.
 * @param env added to the environment
 * @throws an Error with what it said.
 */
export async function tinyRun(name: string, env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const { code, out, err } = await benchWith(env, [name, '--tiny', '--json'])
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}:\n${err}`)
  const { figures, failed } = Told.parse(JSON.parse(out.trim().split('\n').at(-1)!))
  if (failed.length > 0) throw new Error(`${failed.join(', ')} failed:\n${err}`)
  return [...new Set(figures.map(({ part }) => part))]
}

/** Every part that a benchmark has. */
export async function partsOf(name: string): Promise<readonly string[]> {
  const { parts } = (await import(`../../bench/${name}.ts`)) as { readonly parts: object }
  return Object.keys(parts)
}
