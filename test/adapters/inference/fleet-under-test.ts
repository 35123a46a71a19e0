import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Fleet, type FleetOptions, openFleet } from '../../../src/adapters/inference/fleet.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import { type ErrorCode, SteerflowError } from '../../../src/domain/errors.js'
import { labelPrompt, labelUpTo } from '../../../src/domain/prompt.js'
import { extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import { type ContractServer, type ServerOptions, startContractServer } from '../../support/contract-server/server.js'
import { generate, goldenModel } from '../../support/contract-server/value-model.js'
import { expect } from 'vitest'

export const set = attributeSets['oasst-12-lang@1']
const opened: { close(): Promise<void> }[] = []
/** Ends what a test opened. */
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map(one => one.close()))
}

export async function serve(options: ServerOptions = {}): Promise<ContractServer> {
  const server = await startContractServer(options)
  opened.push({ close: () => server.stop() })
  return server
}

/** A server that answers nothing but 503, and keeps what it was sent to authenticate with. */
export async function refuseAll() {
  const authorizations: (string | undefined)[] = []
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization)
    response.writeHead(503).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): Promise<void> => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(() => resolve()))
  }
  opened.push({ close })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, authorizations }
}

export function fleetOf(servers: readonly { url: string }[], options: Partial<FleetOptions> = {}): Fleet {
  const fleet = openFleet({
    endpoints: servers.map(({ url }) => ({ url, model: null })),
    attributeSet: set,
    tokens: extraIdTokens,
    protocol: 'auto',
    ...options,
  })
  opened.unshift(fleet)
  return fleet
}

export const idle = new AbortController().signal
export const score = (fleet: Fleet, value: string, signal = idle, model = 'm') =>
  fleet.pinned(model).scoreTurn({ system: 'S\n\n', turns: [{ value, from: 'User' }] }, signal)

export const texts = (count: number) => Array.from({ length: count }, (_, index) => `text ${index}`)

/** The label computed by hand. */
export function expected(value: string): string {
  const prompt = labelPrompt('S\n\n', [{ value, from: 'User' }], extraIdTokens)
  return generate(goldenModel(), prompt + labelUpTo('', 'quality'), 200, ['\n'])
    .slice(prompt.length)
    .trim()
}

export async function allRight(fleet: Fleet, count: number): Promise<void> {
  const labels = await Promise.all(texts(count).map(text => score(fleet, text)))
  expect(labels.map(one => one.label)).toEqual(texts(count).map(expected))
}

export async function codeOf(work: Promise<unknown>): Promise<ErrorCode> {
  const error = await work.then(() => null).catch((thrown: unknown) => thrown)
  if (error instanceof SteerflowError) return error.code
  throw new Error('no SteerflowError', { cause: error })
}
