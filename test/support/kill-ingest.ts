import { spawn } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import type { z } from 'zod'
import { Config } from '../../src/cli/config.js'
import { openWorkspace } from '../../src/cli/workspace.js'
import { Raw } from '../../src/domain/conversation.js'
import type { Log } from '../../src/runtime/log.js'
import { readAll } from '../../src/runtime/read-all.js'
import { raw } from '../../src/topics.js'
import { chat, chats } from './chats.js'
import { temporaryFolder } from './temporary.js'

const script = fileURLToPath(new URL('./killed-ingest.mjs', import.meta.url))

/** Ingests a file, and is killed at the nth step. */
async function ingesting(n: number, config: z.input<typeof Config>, file: string) {
  const child = spawn(process.execPath, [script, String(n), JSON.stringify(config), file])
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>(resolve =>
    child.on('close', (code, signal) => resolve({ code, signal, output })),
  )
}

/** The chats of a log by number, in order, each as often as it was taken in; the log gives values without their frame. */
export async function chatsIn(log: Log): Promise<number[]> {
  const found: number[] = []
  for await (const { value } of readAll(log, raw.name))
    found.push(Number(String(Raw.parse(JSON.parse(String(value))).record['id']).slice(1)))
  return found.sort((a, b) => a - b)
}

/** How a file has its chats: on lines, or as a JSON array on many lines, which has another end each time that it grows. */
const spellings = {
  lines: async (count: number, path: string, cut: number) => writeFile(path, chats(0, count).slice(0, cut)),
  array: async (count: number, path: string, cut: number) => {
    const elements = Array.from({ length: count }, (_, id) => JSON.stringify(JSON.parse(chat(id)), null, 2))
    await writeFile(path, `[\n${elements.join(',\n')}\n]\n`.slice(0, cut))
  },
  /** In many row groups. It is always whole: a program writes its file anew, under another name first. */
  parquet: async (count: number, path: string) => {
    await writeFile(`${path}.lines`, chats(0, count))
    const connection = await (await DuckDBInstance.create()).connect()
    const rows = `SELECT * FROM read_json('${path}.lines', format='newline_delimited', maximum_depth=-1)`
    await connection.run(`COPY (${rows}) TO '${path}.part' (FORMAT parquet, ROW_GROUP_SIZE 2048)`)
    connection.closeSync()
    await rename(`${path}.part`, path)
  },
}

/**
 * Takes in a file that grows before every ingest, often in the middle of a record, while each ingest is killed at the next
 * of these steps. Returns what the last one, which lives, said, how many were killed, and what is in the log.
 */
export async function killedWhileGrowing(
  given: z.input<typeof Config>,
  steps: readonly number[],
  more: number,
  spelling: keyof typeof spellings = 'lines',
) {
  const folder = await temporaryFolder()
  const [config, file] = [{ ...given, dataDir: join(folder, 'data') }, join(folder, 'own.jsonl')]
  let [killed, written] = [0, more]
  const write = (cut: number) => spellings[spelling](written, file, cut)
  await write(Infinity)
  const { code, output } = await ingesting(Infinity, config, file)
  if (code !== 0) throw new Error(output)
  for (const step of steps) {
    written += more
    await write(killed % 2 === 0 ? -40 : Infinity)
    if ((await ingesting(step, config, file)).signal === 'SIGKILL') killed++
  }
  await write(Infinity)
  const last = await ingesting(Infinity, config, file)
  const workspace = await openWorkspace(Config.parse(config), { begins: true })
  const found = await chatsIn(workspace.log)
  await workspace.close()
  return { last, killed, found, all: Array.from({ length: written }, (_, id) => id) }
}
