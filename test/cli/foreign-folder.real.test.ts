import { spawnSync } from 'node:child_process'
import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporary } from '../support/pipelines.js'
import { shellWord } from '../../src/domain/shell-word.js'

const nobody = 65534
const isRoot = process.getuid?.() === 0
/** The owner of the folder: the user of the tests. Only root may start the commands as another user. */
const owner = process.getuid?.()

/** Runs the compiled program as another user; all that it printed. */
function asNobody(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${process.cwd()}/dist/cli/main.js`, ...args], {
    uid: nobody,
    gid: nobody,
    cwd: '/',
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

/** A name that a shell would take for two commands. */
const begun = 'begun; touch hacked'

const file = join(process.cwd(), 'examples/data/bad.jsonl')

describe.skipIf(!isRoot)('a data folder of another user', () => {
  const folder = temporary.forSuite()
  const at = (name: string): string => join(folder, name)

  beforeAll(async () => {
    await chmod(folder, 0o755)
    await mkdir(at('empty'), { mode: 0o700 })
    await mkdir(at(`${begun}/log`), { recursive: true })
    await chmod(at(begun), 0o700)
    await mkdir(at('mixed/log'), { recursive: true, mode: 0o755 })
    await chown(at('mixed'), nobody, nobody)
  })

  const commands: readonly (readonly [name: string, args: readonly string[]])[] = [
    ['run', ['run', '--until-idle']],
    ['status', ['status']],
    ['status --fleet', ['status', '--fleet']],
    ['ingest', ['ingest', file]],
    ['quickstart', ['quickstart']],
    ['jobs list', ['jobs', 'list']],
    ['datasets verify', ['datasets', 'verify']],
    ['offsets reset', ['offsets', 'reset', '--node', 'preprocess', '--to-latest']],
  ]

  it.each(commands)('%s names it, its owner and the next step', (_, args) => {
    for (const name of ['empty', begun]) {
      const { status, said } = asNobody([...args, '--data-dir', at(name)])
      expect(said).toContain(
        `${at(name)} belongs to user ${owner} with mode 700, and this process runs as user ${nobody}, who may not use it: ` +
          `run as user ${owner}, or give this user the folder: chown -R ${nobody} ${shellWord(at(name))}`,
      )
      expect(said).toContain('STEERFLOW_INPUT_NOT_FOUND')
      expect(status).toBe(2)
    }
  })

  it('is named where only its log is, and where the folder above may not be written', () => {
    expect(asNobody(['status', '--data-dir', at('mixed')]).said).toContain(
      `${at('mixed/log')} belongs to user ${owner} with mode 755`,
    )
    const { said } = asNobody(['ingest', file, '--data-dir', at('new')])
    expect(said).toContain(`${folder} belongs to user ${owner} with mode 755`)
    expect(said).toContain('run as its owner, or name another data folder with --data-dir')
  })

  it('fails the check of doctor, and is a note of config check', () => {
    const doctor = asNobody(['doctor', '--data-dir', at(begun)])
    expect(doctor.said).toMatch(/^log +fail +.*belongs to user/m)
    expect(doctor.status).toBe(1)
    const check = asNobody(['config', 'check', '--data-dir', at(begun)])
    expect(check.said).toContain(`note: the log was not checked: ${at(begun)} belongs to user ${owner}`)
    expect(check.status).toBe(0)
  })
})
