import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { repeats } from '../support/effort.js'
import {
  collecting,
  faults,
  killConfig,
  openFor,
  publish,
  runPipeline,
  type Step,
  steps,
} from '../support/kill-pipeline.js'

const kills = repeats(20, 2)

/** Files come many to a cut, the others one to a cut or a decision: so that every kill finds something left to do. */
const isOfFiles = (step: Step): boolean => step === 'spool write' || step === 'fsync' || step === 'rename'
/** Jobs are many only where there has to be one for each kill. */
const newSinceLast = (step: Step): number =>
  step === 'snapshot' || step === 'trigger' || step === 'launch' ? 25 : 10_000

describe.concurrent('seal, trigger and launch, killed again and again while garbage is collected', () => {
  it.for(steps)(
    'at %s: every record in one live file, every job launched once',
    async (step, { expect, onTestFinished }) => {
      const folder = await mkdtemp(join(tmpdir(), 'steerflow-test-'))
      onTestFinished(() => rm(folder, { recursive: true, force: true }))
      const config = killConfig(folder, newSinceLast(step))
      const workspace = await openFor(config)
      onTestFinished(() => workspace.close())
      let published = 900
      await publish(workspace, published)
      const garbage = collecting(workspace)
      onTestFinished(async () => void (await garbage.stop()))
      for (let kill = 0; kill < kills;) {
        const at = isOfFiles(step) ? 1 + (kill % 3) : 1
        const { code, signal, output } = await runPipeline(config, { step, at, after: kill % 2 === 1 }).ended
        if (signal === 'SIGKILL') kill++
        else {
          // It has done all there was to do before it came to the step that often.
          expect(code, output.slice(-2000)).toBe(0)
          await publish(workspace, 300, published)
          published += 300
          expect(published).toBeLessThan(9000)
        }
      }
      const { code, output } = await runPipeline(config).ended
      expect(code, output.slice(-2000)).toBe(0)
      const removed = await garbage.stop()
      expect(await faults(workspace)).toEqual([])
      // Killed behind the name and before the commit, cuts leave files, and a later cut of another end leaves them behind.
      if (step === 'manifest') expect(removed.every(({ why }) => why === 'no manifest')).toBe(true)
    },
  )
})
