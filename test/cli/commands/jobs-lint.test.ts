import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import { encode } from '../../../src/stages/node.js'
import * as topics from '../../../src/topics.js'
import { job } from '../../support/training.js'
import { runMain } from '../../support/run-main.js'
import { begunFolder } from '../../support/begun.js'
import { temporaryFolder } from '../../support/temporary.js'

const run = (root: string, ...argv: readonly string[]) => runMain(['jobs', 'lint', ...argv, '--data-dir', root])

const asked = job({
  job: 'steerlm-dddddddddddd-nemo-aligner',
  dataset: 'steerlm',
  trainer: 'nemo-aligner',
  launcher: 'render',
  settings: { 'trainer.devices': 3 },
})

/** A data folder in which that job is asked for. */
async function dataFolder(): Promise<string> {
  const root = await temporaryFolder()
  const log = await openLog(root)
  await log.ensure(topics.topicSpecs)
  await log.publish([encode(topics.jobs, asked)])
  await log.close()
  return root
}

describe('jobs lint', () => {
  it.each(['', 'echo hi\n'])('is no success on a script without a command of a training job: %j', async text => {
    const root = await temporaryFolder()
    const file = join(root, 'train.sh')
    await writeFile(file, text)
    const { code, err } = await run(root, '--file', file)
    expect(code).toBe(3)
    expect(err).toContain('no command of a training job is found in it')
  })

  it('looks at a script; errors make the exit code 1', async () => {
    const root = await temporaryFolder()
    const file = join(root, 'train.sh')
    await writeFile(file, 'python train_gpt_sft.py sft_trainer.max_steps=1000\n')
    const { code, out } = await run(root, '--file', file)
    expect(code).toBe(1)
    expect(out).toContain(`error sft-trainer: command 1 (train_gpt_sft)\n  sft_trainer.max_steps is refused`)
    expect(out).toContain('\n  next: write trainer.sft.max_steps=1000\n')
    expect(out).toMatch(/\n2 errors, 0 warnings, 0 notes in 1 training job\n$/)
    const [first] = (await run(root, '--file', file, '--json')).out.split('\n')
    expect(JSON.parse(first!)).toMatchObject({
      rule: 'sft-trainer',
      severity: 'error',
      next: expect.any(String) as string,
    })
  })

  it('has no errors to report of what is configured at first', async () => {
    const { code, out } = await run(await begunFolder())
    expect(code).toBe(0)
    expect(out).toContain('warning prompt-tokens: dataset steerlm (nemo-aligner)\n')
    expect(out).toMatch(/\n0 errors, 1 warning, 1 note in 2 training jobs\n$/)
  })

  it('looks at jobs that are asked for, or at one of them', async () => {
    const root = await dataFolder()
    expect((await run(root)).out).toContain(`error parallel-devices: ${asked.job}\n`)
    const { code, out } = await run(root, asked.job, '--set', 'promptTokens=control')
    expect(code).toBe(1)
    expect(out).toMatch(/\n1 error, 0 warnings, 1 note in 1 training job\n$/)
  })

  it.each([
    [['no-such-job'], 2, 'there is no job no-such-job'],
    [['no-such-job', '--file', 'x'], 2, 'a job or --file, not both'],
    [['--file', '/no/such/file'], 2, 'STEERFLOW_INPUT_NOT_FOUND'],
  ])('refuses %j', async (argv, code, message) => {
    const ended = await run(await begunFolder(), ...argv)
    expect(ended.err).toContain(message)
    expect(ended.code).toBe(code)
  })
})
