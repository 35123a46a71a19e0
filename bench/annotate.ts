import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { nemoGenerate } from '../src/adapters/inference/protocols/nemo-generate.js'
import { main } from '../src/cli/program.js'
import { labelPrompt, labelUpTo } from '../src/domain/prompt.js'
import { extraIdTokens } from '../src/domain/prompt-tokens.js'
import { type ContractProcess, forkContractServer } from '../test/support/contract-server/child.js'
import { type Figure, figure } from './figure.js'
import type { Part } from './parts.js'
import { sized } from './sizes.js'
import { step } from './steps.js'

const inFlight = 64
const latencyMs = 100
const records = sized(2800, 300)
const rounds = sized(3, 1)
/** What so many requests at a time allow at that latency, requests a second. */
const ideal = inFlight / (latencyMs / 1000)

const system = 'A chat between a curious user and an artificial intelligence assistant.\n\n'
const text = (index: number): string => `Question ${index}: why does the second batch of pancakes brown faster?`

/** One measured run, by the server's counters over the middle of it. */
interface Steady {
  /** Requests answered in a second. */
  readonly rate: number
  /** Requests under way on average, of the `inFlight` that may be: the rate times the time that each took the server. */
  readonly occupied: number
}

/** Runs `work` and looks at the server's counters over the middle of it: from a quarter of the answers to three quarters. */
async function steady(server: ContractProcess, work: () => Promise<unknown>): Promise<Steady> {
  const before = (await server.counters()).answered
  const working = work()
  const failed = working.then(() => new Promise<never>(() => undefined))
  const reached = async (share: number) => {
    for (;;) {
      const look = await server.counters()
      if (look.answered - before >= share * records) return look
      await Promise.race([sleep(10), failed])
    }
  }
  const begin = await reached(0.25)
  const end = await reached(0.75)
  await working
  const answered = end.answered - begin.answered
  const serviceMs = (end.serviceMs - begin.serviceMs) / answered
  const rate = (1000 * answered) / (end.now - begin.now)
  return { rate, occupied: (rate * serviceMs) / 1000 / inFlight }
}

/** The annotate command on a file of single turns, each of its own. */
async function annotateCommand(server: ContractProcess, folder: string): Promise<void> {
  const output = join(folder, 'out.jsonl')
  const argv = ['annotate', '--input-file-name', join(folder, 'in.jsonl'), '--output-file-name', output]
  const code = await main([...argv, '--endpoints', server.url, '--concurrency', String(inFlight)], { err: () => {} })
  if (code !== 0) throw new Error(`annotate ended with ${code}`)
  await rm(output)
}

/** The same requests by a bare loop: nothing is parsed, retried or written. */
async function bareLoop(server: ContractProcess): Promise<void> {
  const http = new Pool(server.url, { connections: inFlight })
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < records) {
      const turn = { system, turns: [{ value: text(next++), from: 'User' }] }
      const prompt = labelPrompt(system, turn.turns, extraIdTokens) + labelUpTo('', 'quality')
      const request = nemoGenerate.request([{ prompt, maxTokens: 104, endStrings: ['\n'], line: null, turn }])
      const reply = await http.request({ ...request, headers: { ...request.headers } })
      await reply.body.text()
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  await http.close()
}

/**
 * 64 requests at a time to a server that takes 100 ms for each: the command has to keep the server as busy as it may be.
 * The gate is the share of the 64 places that are occupied, so that the server's own lateness is not counted against us;
 * the plain rate and that of a bare loop are reported beside it.
 */
const annotate = async (): Promise<Figure[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
  const server = await forkContractServer({ latencyMs })
  try {
    const lines = Array.from({ length: records }, (_, index) =>
      JSON.stringify({ conversations: [{ value: text(index), from: 'User' }], system }),
    )
    await writeFile(join(folder, 'in.jsonl'), `${lines.join('\n')}\n`)
    const ours: Steady[] = []
    const bare: Steady[] = []
    for (let round = 0; round <= rounds; round++) {
      step(`round ${round}`)
      const [a, b] = [
        await steady(server, () => annotateCommand(server, folder)),
        await steady(server, () => bareLoop(server)),
      ]
      if (round === 0) continue
      ours.push(a)
      bare.push(b)
    }
    const occupied = ours.map(one => one.occupied)
    const against = ours.map((one, index) => one.rate / bare[index]!.rate)
    const share = ours.map(one => one.rate / ideal)
    const rates = ours.map(one => one.rate)
    return [
      figure('annotate.occupied', 0.95, `${inFlight} requests at a time, by the server's counters`, 'ratio', occupied),
      figure(
        'annotate.of-ideal',
        null,
        `${ideal} records/s: ${inFlight} at a time, ${latencyMs} ms each`,
        'ratio',
        share,
      ),
      figure('annotate.of-bare-loop', null, 'a bare undici loop with the same requests', 'ratio', against),
      figure('annotate.rate', null, 'absolute', 'records/s', rates),
    ]
  } finally {
    await server.stop()
    await rm(folder, { recursive: true })
  }
}

export const about = 'How full the annotate command keeps a server.'
export const parts: Readonly<Record<string, Part>> = { annotate }
