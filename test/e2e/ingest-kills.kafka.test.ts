import { randomUUID } from 'node:crypto'
import { spawn } from 'node:child_process'
import { expect, inject, onTestFinished, test } from 'vitest'
import { Config } from '../../src/cli/config.js'
import { openWorkspace } from '../../src/cli/workspace.js'
import { raw } from '../../src/topics.js'
import { chats } from '../support/chats.js'
import { cases } from '../support/effort.js'
import { chatsIn, killedWhileGrowing } from '../support/kill-ingest.js'
import { temporaryFolder } from '../support/temporary.js'

/** A deployment of its own, whose brokers end the transactions of who was killed soon. */
const deployment = () => ({
  kafka: {
    brokers: inject('kafka').bootstrap,
    namespace: `g${randomUUID().slice(0, 8)}`,
    transactionTimeoutMs: 5000,
  },
})

test('an ingest of a file that grows, killed at its steps, takes in every record once', async () => {
  const steps = cases(
    Array.from({ length: 12 }, (_, at) => at + 3),
    5,
  )
  const { last, killed, found, all } = await killedWhileGrowing({ log: deployment() }, steps, 600)
  expect(last.code, last.output).toBe(0)
  expect(last.output).toMatch(/own.jsonl goes on at line \d+/)
  expect(killed).toBe(steps.length)
  expect(found).toEqual(all)
})

test('a stream that is killed and fed again, again and again, gives every record once', async () => {
  const total = 6000
  const config = { dataDir: await temporaryFolder(), log: deployment() }
  const workspace = await openWorkspace(Config.parse(config), { begins: true })
  onTestFinished(() => workspace.close())
  const count = async (): Promise<number> =>
    (await workspace.log.state(raw.name)).reduce((sum, { start, end }) => sum + Number(end - start), 0)
  const feed = () => {
    const flags = ['--data-dir', config.dataDir, '--set', `log=${JSON.stringify(config.log)}`]
    const child = spawn(process.execPath, ['dist/cli/main.js', 'ingest', '-', ...flags])
    child.stdin.on('error', () => undefined)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    const ended = new Promise<NodeJS.Signals | number | null>(resolve =>
      child.on('close', (code, signal) => resolve(signal ?? code)),
    )
    return { child, ended, output: () => output }
  }
  for (const more of cases([1, 400, 1000, 1500], 2)) {
    const before = await count()
    const { child, ended, output } = feed()
    child.stdin.write(chats(0, total - 1))
    // What is not committed yet counts too: some kills fall into a transaction.
    await expect
      .poll(async () => child.exitCode !== null || (await count()) >= Math.min(total - 1, before + more), {
        timeout: 120_000,
        interval: 2,
      })
      .toBe(true)
    child.kill('SIGKILL')
    expect(await ended, output()).toBe('SIGKILL')
  }
  const { child, ended, output } = feed()
  child.stdin.end(chats(0, total))
  expect(await ended, output()).toBe(0)
  expect(output()).toMatch(/standard input goes on at line \d+/)
  expect(await chatsIn(workspace.log)).toEqual(Array.from({ length: total }, (_, id) => id))
})
