import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type Figure, figure } from '../figure.js'
import { start } from '../fleet/child.js'
import { type BenchServer, type Look, withServers } from '../fleet/servers.js'
import { shareOf } from '../fleet/share.js'
import type { Settings } from '../settings.js'
import { sized } from '../sizes.js'
import { step } from '../steps.js'

const samples = 10
/** 640 answers a second at most: server and client together leave room on two cores. */
const mode = { kind: 'slots', slots: 32, ms: 50 }

const Memory = z.object({ done: z.number(), rss: z.number(), heap: z.number() })
type Memory = z.output<typeof Memory>

/**
 * A round of 20,000 prompts with 10 answers each, sampled by the node of the pipeline over the embedded log, in a process
 * of its own, with settings that nobody has tuned: what the server was given to do, by its own counters, to what it can
 * do; and whether the memory stays as it is. The share is that of the round but for its first tenth, in which the number
 * of requests under way is found, and its last twentieth, in which they run out; that of the whole is reported.
 */
export const sampling = ({ verbose }: Settings, prompts = sized(20_000, 100)): Promise<Figure[]> =>
  withServers([mode], servers => measure(servers, prompts, verbose), [{ serves: 'policy' }])

async function measure(servers: readonly BenchServer[], prompts: number, verbose: boolean): Promise<Figure[]> {
  const answers = prompts * samples
  const child = start('../bootstrap/sampling-child.ts', [servers[0]!.url, prompts, samples, prompts / 10].map(String))
  try {
    const memory = reports(() => child.line(), prompts, verbose)
    const ended = memory.then(() => sleep(20))
    const at = async (share: number): Promise<readonly Look[]> => {
      for (;;) {
        const looks = await Promise.all(servers.map(server => server.look()))
        if (looks[0]!.sentences >= share * answers) return looks
        // What the child fails with is thrown here.
        await Promise.race([sleep(20), ended])
      }
    }
    step('the first answer')
    const begin = await at(1 / answers)
    step('the answers')
    const from = await at(0.1)
    const to = await at(0.95)
    const end = await at(1)
    const seen = await memory
    const asked = (await at(1))[0]!.sentences
    // What is sent again counts again.
    if (asked < answers || asked > 1.01 * answers + samples)
      throw new Error(`${asked} answers were drawn, not ${answers}`)
    const [steady, whole] = [shareOf(servers, from, to), shareOf(servers, begin, end)]
    const said = `${prompts.toLocaleString('en')} prompts × ${samples} answers, a server with ${mode.slots} at a time, ${mode.ms} ms each`
    const reference = `what it allows by its own counters: ${said}`
    const [early, late] = [seen[1] ?? seen[0]!, seen.at(-1)!]
    const grown = `after ${late.done.toLocaleString('en')} prompts, for after ${early.done.toLocaleString('en')}; a garbage collection before each`
    return [
      figure('bootstrap.sampling', 0.95, reference, 'ratio', [steady.share]),
      figure('bootstrap.sampling.whole', null, `${reference}; from the first answer to the last`, 'ratio', [
        whole.share,
      ]),
      figure('bootstrap.sampling.rate', null, 'absolute', 'answers/s', [steady.perSecond]),
      figure('bootstrap.sampling.heap', 0.9, grown, 'ratio', [early.heap / late.heap]),
      figure('bootstrap.sampling.rss', null, grown, 'ratio', [early.rss / late.rss]),
      figure('bootstrap.sampling.rss-at-end', null, 'absolute', 'MB', [Math.round(late.rss / 1e6)]),
    ]
  } finally {
    await child.stop()
  }
}

/** The memory of the child over time, until it has done everything. */
async function reports(line: () => Promise<string>, prompts: number, verbose: boolean): Promise<readonly Memory[]> {
  const seen: Memory[] = []
  for (;;) {
    const now = Memory.parse(JSON.parse(await line()))
    seen.push(now)
    if (verbose) {
      const [rss, heap] = [now.rss, now.heap].map(bytes => (bytes / 1e6).toFixed(1))
      process.stderr.write(`    ${now.done} prompts: ${rss} MB, heap ${heap} MB\n`)
    }
    if (now.done >= prompts) return seen
  }
}
