import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Config } from '../../src/cli/config.js'
import { openWorkspace } from '../../src/cli/workspace.js'
import { readAll } from '../../src/runtime/read-all.js'
import { reader } from '../../src/stages/node.js'
import * as topics from '../../src/topics.js'
import { runCli, startNode } from './cli.js'
import { temporaryFolder } from './temporary.js'

const script = fileURLToPath(new URL('./killed-rounds.mjs', import.meta.url))

/** The rows of a log in which every request of a session repeats the session so far, as they came in. */
export function sessionRows(sessions: number, requests: number): string[] {
  const rows: string[] = []
  for (let request = 1; request <= requests; request++) {
    for (let session = 0; session < sessions; session++) {
      const messages = Array.from({ length: request }, (_, turn) => [
        { role: 'user', content: `question ${turn} of ${session}` },
        { role: 'assistant', content: `answer ${turn}` },
      ]).flat()
      const answer = messages.pop()
      rows.push(
        JSON.stringify({
          id: randomUUID(),
          session_id: `s${session}`,
          request: { messages },
          response: { choices: [{ message: answer }] },
        }),
      )
    }
  }
  return rows
}

/** How often each session came out, by the number of its turns, and how often it was dropped as a repeat. */
interface SessionsOut {
  readonly kept: readonly string[]
  readonly repeats: number
  /** Everything else that was dropped, by reason. */
  readonly others: readonly string[]
}

/**
 * Ingests rows from two files, and runs `preprocess` and `clean-unscored` until they are idle, killed before that at
 * each of these commits of `clean-unscored`.
 */
export async function sessionsThroughKills(
  given: object,
  rows: readonly string[],
  kills: readonly { readonly at: number; readonly after: boolean }[],
): Promise<{ readonly killed: number; readonly last: { code: number | null; stdout: string } } & SessionsOut> {
  const folder = await temporaryFolder()
  const config = { ...given, dataDir: join(folder, 'data') }
  const file = join(folder, 'steerflow.yaml')
  await writeFile(file, JSON.stringify(config))
  const half = Math.ceil(rows.length / 2)
  for (const [name, part] of [
    ['one', rows.slice(0, half)],
    ['two', rows.slice(half)],
  ] as const) {
    const path = join(folder, `${name}.jsonl`)
    await writeFile(path, `${part.join('\n')}\n`)
    const { code, stderr } = await runCli(['ingest', path, '--config', file])
    if (code !== 0) throw new Error(stderr)
  }
  const run = (kill: object) => {
    const settings = { config, programs: {}, nodes: ['preprocess', 'clean-unscored'], ...kill }
    return startNode([script, JSON.stringify(settings)]).ended
  }
  let killed = 0
  for (const kill of kills) if ((await run({ node: 'clean-unscored', ...kill })).signal === 'SIGKILL') killed++
  const last = await run({})
  const workspace = await openWorkspace(Config.parse(config), { begins: true })
  const [readKept, readDropped] = [reader(topics.unscoredClean), reader(topics.dropped)]
  const kept: string[] = []
  for await (const { value } of readAll(workspace.log, topics.unscoredClean.name)) {
    const { steerflow, conversations } = readKept(value)
    kept.push(`${steerflow.lineage.session}:${conversations.length}`)
  }
  const reasons: string[] = []
  for await (const { value } of readAll(workspace.log, topics.dropped.name)) reasons.push(readDropped(value).reason)
  await workspace.close()
  const others = reasons.filter(reason => reason !== 'repeat')
  return { killed, last, kept: kept.toSorted(), repeats: reasons.length - others.length, others }
}
