import { writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { queued } from '../../../src/adapters/launchers/slurm/commands.js'
import { submission, submit } from '../../../src/adapters/launchers/slurm/submit.js'
import { readOwner } from '../../../src/adapters/launchers/exec/attempt.js'
import { printed } from '../../../src/adapters/processes/printed.js'
import { temporaryFolder } from '../../support/temporary.js'

afterEach(() => void vi.unstubAllEnvs())

const program = (script: string): [string, string[]] => ['sh', ['-c', script]]
const bounds = { ms: 60_000, bytes: 1 << 20 }

it('is what a program prints, or why it failed', async () => {
  expect(await printed(...program('printf a; printf b'), bounds)).toBe('ab')
  await expect(printed(...program('echo "no controller" >&2; exit 1'), bounds)).rejects.toThrow(/^no controller$/)
  await expect(printed('no-such-program', [], bounds)).rejects.toThrow('ENOENT')
})

it.each([
  ['never ends, and takes no notice of SIGTERM', "trap '' TERM; while :; do sleep 1; done", 300, /within 300 ms/],
  ['prints a byte at a time', 'while :; do printf x; sleep 0.05; done', 300, /within 300 ms/],
  ['prints without end', 'while :; do printf xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done', 60_000, /more than 4096 bytes/],
])('a command of Slurm that %s is given up, and named', async (_, script, ms, says) => {
  const bin = await temporaryFolder()
  await writeFile(join(bin, 'squeue'), `#!/bin/sh\necho $$ > '${bin}/pid'\n${script}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`)
  const asking = queued('a', { ms, bytes: 4096 })
  await expect(asking).rejects.toMatchObject({ code: 'STEERFLOW_LAUNCHER_UNAVAILABLE' })
  await expect(asking).rejects.toThrow(/^squeue: /)
  await expect(asking).rejects.toThrow(says)
})

it('an sbatch that does not end is told of, and left alone: it may submit the job yet', async () => {
  const attempt = await temporaryFolder()
  await submit(attempt, 1, { command: ['sleep', '600'], env: process.env })
  const owner = await readOwner(join(attempt, 'submit-1'))
  try {
    await expect(submission(attempt, 1, 10, 100)).rejects.toMatchObject({
      code: 'STEERFLOW_LAUNCHER_UNAVAILABLE',
      message: expect.stringContaining(`process ${owner!.pid}`) as string,
    })
    expect(process.kill(owner!.pid, 0)).toBe(true)
  } finally {
    process.kill(-owner!.pid, 'SIGKILL')
  }
  await expect.poll(() => submission(attempt, 1, 10, 60_000)).toMatchObject({ end: 'lost' })
})
