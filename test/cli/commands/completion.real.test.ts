import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../support/cli.js'
import { temporary } from '../../support/pipelines.js'

describe('completion in bash', () => {
  const folder = temporary.forSuite()
  const script = join(folder, 'completion.bash')

  /** What bash offers for the last word. */
  function offered(line: string): readonly string[] {
    const words = line.split(' ')
    const program = `source '${script}'; COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _steerflow; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', program], { cwd: folder, encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    return stdout.split('\n').filter(Boolean)
  }

  beforeAll(async () => {
    const { code, stdout } = await runCli(['completion', 'bash'])
    expect(code).toBe(0)
    await writeFile(script, stdout)
    await writeFile(join(folder, 'chats.jsonl'), '')
  })

  it.each([
    ['commands', 'steerflow qui', ['quickstart']],
    ['commands below others', 'steerflow dead-letters re', ['replay']],
    ['options', 'steerflow run --un', ['--until-idle']],
    ['options of commands below others', 'steerflow offsets reset --to-e', ['--to-earliest']],
    ['choices of an option', 'steerflow relabel --from conversations.s', ['conversations.scored']],
    ['files for an option', 'steerflow run --config ch', ['chats.jsonl']],
    ['files for an argument', 'steerflow ingest ch', ['chats.jsonl']],
    ['nothing where nothing fits', 'steerflow run --nothing', []],
    ['options behind others', 'steerflow run --nodes annotate --fail', ['--fail-fast']],
  ])('offers %s', (_, line, expected) => expect(offered(line)).toEqual(expected))

  it('refuses a shell that it does not know', async () => {
    const { code, stderr } = await runCli(['completion', 'tcsh'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('bash')])
  })
})
