import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import type { EndpointsEvent } from '../../../src/adapters/inference/endpoints/events.js'
import { openAnswering } from '../../../src/cli/ask/fleet.js'
import { loadConfig } from '../../../src/cli/load-config.js'
import { type ContractServer, startContractServer } from '../../support/contract-server/server.js'
import { temporaryFolder } from '../../support/temporary.js'

let server: ContractServer | null = null
afterEach(async () => {
  await server?.stop()
})

it('servers of a SteerLM model tell of an outage, of who is left alone and of who is back', async () => {
  server = await startContractServer({ serves: 'policy', faults: [{ fault: { kind: 'status', status: 503 } }] })
  const { url } = server
  const file = join(await temporaryFolder(), 'steerflow.yaml')
  await writeFile(file, `sample: { endpoints: ['${url}'] }\n`)
  const events: EndpointsEvent[] = []
  const answering = await openAnswering(loadConfig({ file }), null, { report: event => events.push(event), batch: 1 })
  const told = (event: EndpointsEvent['event']) =>
    vi.waitFor(() => expect(events.map(one => one.event)).toContain(event), { timeout: 60_000 })
  try {
    const request = { system: 'S\n\n', turns: [{ from: 'User', value: 'Why?' }], label: 'quality:1' }
    const sampling = { temperature: 0, topP: 1, topK: 1, seed: 0 }
    const answered = answering.fleet.answer('m', request, { sampling, maxTokens: 64 }, new AbortController().signal)
    await told('endpoint-ejected')
    await told('outage')
    expect(events.find(({ event }) => event === 'outage')).toMatchObject({
      cause: expect.stringContaining(`${url}: status 503`) as string,
    })
    server.faults([])
    expect((await answered).text).not.toBe('')
    await told('outage-over')
    await told('endpoint-returned')
  } finally {
    await answering.close()
  }
})
