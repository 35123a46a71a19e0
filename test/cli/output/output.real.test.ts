import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli } from '../../support/cli.js'

const trees = `${process.cwd()}/examples/data/oasst1_en_val.trees.jsonl`
let folder = ''

/** Runs a line of bash in which `steerflow` is the compiled program. */
const bash = (line: string) => {
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', `steerflow() { node ${process.cwd()}/dist/cli/main.js "$@"; }; ${line}`],
    { cwd: folder, encoding: 'utf8' },
  )
  return { stdout, stderr }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steerflow-test-'))
  expect((await runCli(['ingest', trees, '--data-dir', join(folder, 'data')])).code).toBe(0)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tap = 'steerflow tap conversations.raw --data-dir data'

describe('a reader that takes its time', () => {
  test.each([tap, 'steerflow config show --schema'])('gets all of %s', line => {
    expect(bash(`${line} > file; ${line} | (sleep 2; cat > piped); cmp file piped`)).toEqual({ stdout: '', stderr: '' })
    expect(statSync(join(folder, 'piped')).size).toBeGreaterThan(65_536)
  })
})

describe('a standard output that cannot be written', () => {
  const broken = expect.stringMatching(
    /^STEERFLOW_OUTPUT_BROKEN: standard output cannot be written: .+\n {2}next: /,
  ) as string

  test.each(['steerflow --version', tap])('is an error of %s', line => {
    expect(bash(`${line} > /dev/full; echo $?`)).toEqual({ stdout: '1\n', stderr: broken })
  })

  test('is an error also where a part of the last write fits', () => {
    const line = 'steerflow config show --schema'
    expect(bash(`(ulimit -f 8; ${line} > part; echo $?)`)).toEqual({ stdout: '1\n', stderr: broken })
    expect(statSync(join(folder, 'part')).size).toBe(8192)
  })

  test('closed from the beginning is none', () => {
    expect(bash('steerflow --version >&-; echo $?')).toEqual({ stdout: '0\n', stderr: '' })
  })
})
