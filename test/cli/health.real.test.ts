import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCli } from '../support/cli.js'
import { temporaryFolder } from '../support/temporary.js'

/** What the health check of the image says of a data folder. */
function health(folder: string): { readonly status: number | null; readonly stdout: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli/health.js'], {
    env: { ...process.env, STEERFLOW_DATA_DIR: folder },
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return { status, stdout }
}
/** A module that makes Node print the URL of each module that it loads. */
const hooks = `export async function load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context) }`
const asURL = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`
const tracing = asURL(`import { register } from 'node:module'; register(${JSON.stringify(asURL(hooks))})`)

const asked = { interval: 500, timeout: 60_000 }

test('takes its folder as an argument, and no other', async () => {
  const folder = await temporaryFolder()
  const asked = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['dist/cli/health.js', ...args], { encoding: 'utf8' })
  expect(asked('--data-dir', folder)).toMatchObject({ status: 1, stdout: expect.stringContaining(folder) as string })
  expect(asked('--help')).toMatchObject({ status: 2, stderr: expect.stringContaining('--data-dir FOLDER') as string })
})

test('asks nobody but the files of its worker, and costs little', async () => {
  const folder = await temporaryFolder()
  // Seconds that the process computed, which other processes do not change; a client of Kafka alone takes half a second.
  const timed = `times > /dev/null; "$0" dist/cli/health.js --data-dir "$1" > "$1/said"; times`
  const { stdout } = spawnSync('bash', ['-c', timed, process.execPath, folder], { encoding: 'utf8' })
  const [, minutes, seconds] = /\n(\d+)m([\d.]+)s/.exec(stdout)!
  expect(Number(minutes) * 60 + Number(seconds)).toBeLessThan(1)
  const loaded = spawnSync(process.execPath, ['--import', tracing, 'dist/cli/health.js', '--data-dir', folder], {
    encoding: 'utf8',
  })
  expect(loaded.stderr).toContain('nodes-file.js')
  expect(loaded.stderr).not.toMatch(/kafkajs|undici|lmdb/)
})

test('a worker is healthy while it works, not while it hangs, and not when it has ended', async () => {
  const folder = join(await temporaryFolder(), 'data')
  expect(health(folder)).toMatchObject({ status: 1 })
  const run = startCli(['run', '--nodes', 'preprocess', '--data-dir', folder])
  await expect.poll(() => health(folder).status, asked).toBe(0)
  expect(health(folder).stdout).toContain(`-${run.child.pid} reported at `)

  run.child.kill('SIGSTOP')
  await expect.poll(() => health(folder).status, asked).toBe(1)
  run.child.kill('SIGCONT')
  await expect.poll(() => health(folder).status, asked).toBe(0)

  run.child.kill('SIGKILL')
  await run.ended
  await expect.poll(() => health(folder).status, asked).toBe(1)
})
