import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runCli } from '../support/cli.js'
import { temporaryFolder } from '../support/temporary.js'

/** Runs a line of bash in which `steerflow` is the compiled program. */
const bash = (line: string, cwd: string) =>
  spawnSync('bash', ['-c', `steerflow() { node ${process.cwd()}/dist/cli/main.js "$@"; }; ${line}`], {
    cwd,
    encoding: 'utf8',
  })

const trees = `${process.cwd()}/examples/data/oasst1_en_val.trees.jsonl`

test('a reader that has enough ends the program without a stack trace', async () => {
  const { stdout, stderr } = bash('steerflow --help | head -n 1', await temporaryFolder())
  expect(stderr).toBe('')
  expect(stdout).toBe('Usage: steerflow [options] [command]\n')
})

test.each(['--help', 'status', 'quickstart'])(
  'under a limit of 64 open files %s ends with a sentence',
  async command => {
    const { stdout, stderr } = bash(`ulimit -n 64; steerflow ${command}; echo $?`, await temporaryFolder())
    expect(stderr).toMatch(/^STEERFLOW_OPEN_FILES: .*\n {2}next: Raise the limit .*\n$/)
    expect(stdout).toBe('1\n')
  },
)

test('results larger than a pipe holds end with the status of a broken pipe', async () => {
  const folder = await temporaryFolder()
  expect((await runCli(['ingest', trees, '--data-dir', folder])).code).toBe(0)
  const { stdout, stderr } = bash(
    'steerflow tap conversations.raw --data-dir . | head -c 10; echo " status ${PIPESTATUS[0]}"',
    folder,
  )
  expect(stderr).toBe('')
  expect(stdout).toBe('{"partitio status 141\n')
})

test('a command whose messages nobody reads goes on', async () => {
  const line = `{ steerflow ingest ${trees} --data-dir . 2>&1 >&3 | true; } 3>&1`
  expect(bash(line, await temporaryFolder()).stdout).toContain('188 records')
})

test('the program that package.json names is built, and runs by itself', () => {
  const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: { steerflow: string } }
  expect(spawnSync(`./${bin.steerflow}`, ['--version'], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
})

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
})
