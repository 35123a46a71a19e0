import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runScript } from '../../src/trainers/run-script.js'
import { temporaryFolder } from '../support/temporary.js'

/** Runs the script of these steps in a shell, with arguments of its own. */
async function ran(steps: readonly (readonly string[])[], ...args: readonly string[]) {
  const folder = await temporaryFolder()
  const script = join(folder, 'run.sh')
  await writeFile(script, runScript('about\nit', { steps, env: { GREETING: "it's $HOME" }, folder }))
  const { status, stdout } = spawnSync('sh', [script, ...args], { encoding: 'utf8' })
  return { status, lines: stdout.trim().split('\n'), folder }
}

describe('runScript', () => {
  it('runs the steps one after another, in the folder, with the variables, and passes arguments on to the last', async () => {
    const { status, lines, folder } = await ran([['pwd'], ['printenv', 'GREETING'], ['echo', '$1', "it's"]], 'a b')
    expect(status).toBe(0)
    expect(lines).toEqual([folder, "it's $HOME", "$1 it's a b"])
  })

  it('stops at the first that fails', async () => {
    expect(await ran([['echo', 'one'], ['false'], ['echo', 'two']])).toMatchObject({ status: 1, lines: ['one'] })
  })
})
