import { Pool } from 'undici'
import { z } from 'zod'
import { nemoGenerate } from '../../src/adapters/inference/protocols/nemo-generate.js'
import { labelPrompt, labelUpTo } from '../../src/domain/prompt.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'
import { fleetOf, system, text } from './drive.js'

/** Calls a server, by a fleet or by a bare loop, and prints the microseconds of processor time a call. */
const [kind, url, count] = z.tuple([z.enum(['fleet', 'bare']), z.url(), z.coerce.number()]).parse(process.argv.slice(2))
process.once('disconnect', () => process.exit(1))
const inFlight = 16
const warm = Math.floor(count / 4)

/** One request for each turn, as in the bare loop, so that calls are what is compared. */
const fleet = fleetOf([url], { inFlight, batch: 1 })
const model = fleet.pinned('bench')
const { signal } = new AbortController()
const http = new Pool(url, { connections: inFlight })

async function byFleet(index: number): Promise<void> {
  await model.scoreTurn({ system, turns: [{ value: text(index), from: 'User' }] }, signal)
}

async function bare(index: number): Promise<void> {
  const turn = { system, turns: [{ value: text(index), from: 'User' }] }
  const prompt = labelPrompt(system, turn.turns, extraIdTokens) + labelUpTo('', 'quality')
  const request = nemoGenerate.request([{ prompt, maxTokens: 104, endStrings: ['\n'], line: null, turn }])
  const reply = await http.request({ ...request, headers: { ...request.headers } })
  await reply.body.text()
}

const call = kind === 'fleet' ? byFleet : bare
let next = 0
const until = async (end: number): Promise<void> => {
  const worker = async (): Promise<void> => {
    while (next < end) await call(next++)
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
}
await until(warm)
const before = process.cpuUsage()
await until(warm + count)
const { user, system: kernel } = process.cpuUsage(before)
console.log((user + kernel) / count)
await Promise.all([fleet.close(), http.close()])
process.exit(0)
