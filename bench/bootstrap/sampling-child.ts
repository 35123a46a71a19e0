import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { loadConfig } from '../../src/cli/load-config.js'
import { openRoundCapabilities } from '../../src/cli/run/capabilities.js'
import { Closers } from '../../src/cli/run/closers.js'
import { runPipeline } from '../../src/cli/run/run-pipeline.js'
import { inWorkspace, type Workspace } from '../../src/cli/workspace.js'
import { promptId } from '../../src/domain/bootstrap/due-prompts.js'
import { RoundPlan } from '../../src/domain/bootstrap/round-plan.js'
import { pipeline } from '../../src/pipeline.js'
import { encode } from '../../src/stages/node.js'
import { Waits } from '../../src/runtime/waits.js'
import type { Capabilities } from '../../src/stages/needs.js'
import { prompts, rounds } from '../../src/topics.js'
import { prompt, round, roundEvent } from '../../test/support/rounds.js'

/**
 * Samples the answers of a round by the node of the pipeline, over the embedded log, and prints its memory in bytes, after
 * a garbage collection, about every so many prompts, and at the end.
 */
const [url, count, samples, every] = z
  .tuple([z.url(), z.coerce.number(), z.coerce.number(), z.coerce.number()])
  .parse(process.argv.slice(2))
const asked = (index: number): string =>
  `Question ${index}: why does the second batch of pancakes brown faster than the first one, and what would you do?`

async function publish({ log }: Workspace): Promise<void> {
  const plan = RoundPlan.parse({ samples, maxTokens: 64 })
  const opening = round({ plan, policy: { model: 'external', digest: 'external' } })
  const requested = roundEvent('requested', { by: 'person', plan: RoundPlan.parse({}) })
  await log.publish([requested, roundEvent('opened', { opening })].map(event => encode(rounds, event)))
  for (let from = 0; from < count; from += 500) {
    const some = Array.from({ length: Math.min(500, count - from) }, (_, offset) => {
      const turns = [{ value: asked(from + offset), from: 'User', label: 'quality:3' }]
      const prompt_id = promptId('S', turns)
      return prompt({ index: from + offset, of: count, prompt_id, tree_id: prompt_id, turns })
    })
    await log.publish(some.map(one => encode(prompts, one)))
  }
}

function tell(done: number): void {
  global.gc!()
  const { rss, heapUsed } = process.memoryUsage()
  console.log(JSON.stringify({ done, rss, heap: heapUsed }))
}

const dataDir = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
try {
  const config = loadConfig({ set: [`dataDir=${dataDir}`, `sample.endpoints=${JSON.stringify([{ url }])}`] })
  await inWorkspace(
    config,
    async workspace => {
      await publish(workspace)
      const closers = new Closers()
      const opened = await openRoundCapabilities(
        workspace,
        { current: async () => null },
        () => undefined,
        new Waits(),
        closers,
      )
      let next = every
      await runPipeline({
        workspace,
        nodes: pipeline.filter(({ name }) => name === 'sample'),
        capabilities: opened.capabilities as Capabilities,
        underWay: { sample: () => opened.prompts(opened.policies.requests()) },
        untilIdle: true,
        sources: async () => undefined,
        watch: ({ rows }) => {
          const done = rows[0]!.in
          if (done < next || done >= count) return
          next = done + every
          tell(done)
        },
        report: event => {
          if (event.event === 'dead-letter') throw new Error('a prompt could not be sampled')
        },
        signal: new AbortController().signal,
      })
      await closers.close()
      tell(count)
    },
    { begins: true },
  )
} finally {
  await rm(dataDir, { recursive: true, force: true })
}
process.exit(0)
