import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startCli } from '../../support/cli.js'
import { temporary } from '../../support/pipelines.js'

const trees = 'examples/data/oasst1_en_val.trees.jsonl'

/** A value model server that never answers a request, and tells of the first. */
async function silentServer() {
  const server = createServer((request, response) => {
    if (request.method === 'GET') response.writeHead(404).end()
    else server.emit('asked')
  })
  const asked = once(server, 'asked')
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Starts a command that comes to ask a server, waits until it does, and sends it signals. */
async function signalled(command: readonly string[], ...signals: readonly NodeJS.Signals[]) {
  const dir = temporary()
  const few = join(dir, 'few.jsonl')
  writeFileSync(few, readFileSync(trees, 'utf8').split('\n').slice(0, 12).join('\n'))
  const { url, asked } = await silentServer()
  const ingested = command[0] === 'run' && (await startCli(['ingest', few, '--data-dir', dir]).ended)
  expect(ingested && ingested.code).toBe(ingested && 0)
  const servers = JSON.stringify([{ url }])
  const sets = command[0] === 'ask' ? ['--endpoint', url] : ['--set', `annotate.endpoints=${servers}`]
  const args = command.map(word => (word === 'FILE' ? few : word))
  const { child, ended } = startCli([...args, '--data-dir', dir, ...sets])
  await Promise.race([asked, ended])
  for (const signal of signals) child.kill(signal)
  const { code, signal, stderr } = await ended
  expect(stderr).not.toContain('STEERFLOW_')
  return { code, signal }
}

test.each([
  [['run'], 'SIGTERM', 0],
  [['run'], 'SIGHUP', 0],
  [['run', '--until-idle'], 'SIGHUP', 129],
  [['quickstart', 'FILE'], 'SIGINT', 130],
  [['score', 'FILE'], 'SIGTERM', 143],
  [['ask', 'Why?'], 'SIGINT', 130],
] as const)('%j ends in good order on %s with code %i', async (command, signal, code) => {
  expect(await signalled(command, signal)).toEqual({ code, signal: null })
})

test('a second signal ends a run at once', async () => {
  const { code, signal } = await signalled(['run'], 'SIGHUP', 'SIGTERM')
  expect(signal).toBeNull()
  // Signals that wait together have no order: the one that comes second decides.
  expect([129, 143]).toContain(code)
})
