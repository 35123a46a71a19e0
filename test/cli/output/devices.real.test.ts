import { spawnSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/temporary.js'

let folder = ''
const root = process.cwd()
const command = `node ${root}/dist/cli/main.js clean --dataset-file in.jsonl --threads 1 --model-file ${root}/examples/data/tokenizer.model.v1`

/** A conversation of which the reply is learnt, in the spelling of the original script. */
const kept =
  '{"system": "s", "mask": "User", "type": "TEXT_TO_VALUE", "conversations": [{"from": "User", "value": "Hi", "label": null}, ' +
  '{"from": "Assistant", "value": "Ho", "label": "quality:4"}]}\n'

beforeEach(async () => {
  folder = await temporaryFolder()
  writeFileSync(join(folder, 'in.jsonl'), `${kept}no JSON\n${kept}`)
})

const bash = (text: string) => {
  const { stdout, stderr } = spawnSync('bash', ['-c', text], { cwd: folder, encoding: 'utf8' })
  return { stdout, stderr }
}

describe('a file that is no regular one', () => {
  it('is as an output a pipe behind /dev/stdout; rejects are listed in the working folder', () => {
    const { stdout, stderr } = bash(`${command} --output-file /dev/stdout | cat; echo status \${PIPESTATUS[0]}`)
    expect(stderr).toContain('1 lines rejected, see stdout.rejected.jsonl')
    expect(stdout).toBe(`0\n${kept}${kept}status 3\n`)
    expect(readFileSync(join(folder, 'stdout.rejected.jsonl'), 'utf8')).toContain('"line":2')
    expect(readdirSync('/dev').filter(name => name.includes('rejected') || name.includes('partial'))).toEqual([])
    expect(lstatSync('/dev/stdout').isSymbolicLink()).toBe(true)
  })

  it('is the file that standard output leads to, behind what was written there before', () => {
    const { stderr } = bash(`echo before > out; ${command} --output-file /dev/stdout >> out; echo after >> out`)
    expect(stderr).toContain('2 kept')
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(`before\n0\n${kept}${kept}after\n`)
  })

  it('is a pipe also as an input, which is read once', () => {
    const shell = `node ${root}/dist/cli/main.js ingest <(head -n 1 ${root}/examples/data/oasst1_en_val.trees.jsonl) --data-dir d`
    expect(bash(shell).stdout).toContain(': 1 records, 0 rejected')
  })

  it('is a substituted process, and nothing', () => {
    const { stdout } = bash(
      `${command} --output-file >(cat > copied; echo copied) | cat; ${command} --output-file /dev/null`,
    )
    expect(stdout).toBe('0\ncopied\n0\n')
    expect(readFileSync(join(folder, 'copied'), 'utf8')).toBe(`${kept}${kept}`)
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true)
  })
})
