import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { main } from '../../src/cli/program.js'

/**
 * Runs the annotate command on a file; seconds that it took. `flags` go behind its own.
 * @throws when it ends with another code than 0, unless rejected records are allowed for.
 */
export async function annotate(
  input: string,
  output: string,
  urls: readonly string[],
  flags: readonly string[] = [],
  allowRejected = false,
): Promise<number> {
  const said: string[] = []
  const started = performance.now()
  const argv = ['annotate', '--input-file-name', input, '--output-file-name', output, '--endpoints', ...urls, ...flags]
  const code = await main(argv, { err: line => said.push(line) })
  if (code !== 0 && !(allowRejected && code === 3))
    throw new Error(`annotate ended with ${code}: ${said.slice(-3).join('')}`)
  return (performance.now() - started) / 1000
}

const Line = z.looseObject({ conversations: z.array(z.looseObject({ value: z.string(), label: z.string() })) })

/** The first text of each record of an annotated file, and the labels of its turns. */
export async function labelsOf(path: string): Promise<{ readonly text: string; readonly labels: readonly string[] }[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter(line => line !== '')
  return lines.map(line => {
    const { conversations } = Line.parse(JSON.parse(line))
    return { text: conversations[0]!.value, labels: conversations.map(turn => turn.label) }
  })
}
