import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { estimate } from '../../../src/cli/annotate-file/estimate.js'
import { openFleet } from '../../../src/adapters/inference/fleet.js'
import { annotateFile } from '../../../src/cli/annotate-file/annotate-file.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import { extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import { startContractServer } from '../../support/contract-server/server.js'

const set = attributeSets['oasst-12-lang@1']
const turn = (value: string, from = 'User') => ({ value, from })
const conversation = (...turns: object[]) => JSON.stringify({ conversations: turns, system: 'S\n\n' })
let folder: string
const input = () => join(folder, 'in.jsonl')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steerflow-estimate-'))
  const lines = [
    conversation(turn('a'), turn('b', 'Assistant')),
    conversation(turn('a'), turn('c', 'Assistant'), turn('d')),
    'no JSON',
  ]
  await writeFile(input(), `${lines.join('\n')}\n`)
})
afterAll(() => rm(folder, { recursive: true }))

const made = (protocol: 'auto' | 'per-attribute', turns: 'all' | 'assistant' = 'all') =>
  estimate({ input: input(), set, tokens: extraIdTokens, protocol, turns, encode: text => [...text].map(() => 0) })

describe('an estimate', () => {
  it('says the calls that are then made', async () => {
    const server = await startContractServer()
    for (const protocol of ['auto', 'per-attribute'] as const) {
      const fleet = openFleet({
        endpoints: [{ url: server.url, model: null }],
        attributeSet: set,
        tokens: extraIdTokens,
        protocol,
        batch: 1,
      })
      const output = join(folder, `${protocol}.jsonl`)
      const job = { input: input(), output, model: fleet.pinned('m'), turns: 'all', window: () => 1 } as const
      await annotateFile({ ...job, begin: () => {}, advanced: () => {} })
      expect((await made(protocol)).calls).toBe(fleet.stats().calls)
      await fleet.close()
    }
    await server.stop()
  })

  it('counts a prompt that several turns share once, and lines that will be rejected apart', async () => {
    expect(await made('auto')).toMatchObject({ records: 2, rejected: 1, turns: 5, known: 1, calls: 4 })
    expect(await made('auto', 'assistant')).toMatchObject({ turns: 2, known: 0, calls: 2 })
  })

  it('counts the tokens of the prompts as the tokenizer does', async () => {
    const { tokens } = await made('auto', 'assistant')
    const label = 'quality:0'.length - 2
    expect(tokens.prompt).toBeGreaterThan(2 * ('<extra_id_0>System\nS\n\n<extra_id_1>User\na\n'.length + label))
    expect(tokens.completion).toBeGreaterThan(2 * 13 * '0,'.length)
  })
})
