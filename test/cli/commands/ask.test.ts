import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type ContractServer, type ServerOptions, startContractServer } from '../../support/contract-server/server.js'
import { runMain } from '../../support/run-main.js'
import { begunFolder } from '../../support/begun.js'
import { temporaryFolder } from '../../support/temporary.js'
import { withoutLoads } from '../../support/without-loads.js'

const servers: ContractServer[] = []
async function serve(options: ServerOptions): Promise<string> {
  const server = await startContractServer(options)
  servers.push(server)
  return server.url
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map(server => server.stop()))
})

const run = (...argv: readonly string[]) => runMain(['ask', ...argv], 100)

describe('steerflow ask', () => {
  it('prints the answer, and says with which line it was asked for', async () => {
    const endpoint = await serve({ serves: 'policy' })
    const { code, out, err } = await run('Why?', '--set', 'quality=1,humor=2', '--endpoint', endpoint)
    expect(code).toBe(0)
    expect(out.trim().split(' ')).toHaveLength(5)
    expect(err).toMatch(/^asked for quality:1,toxicity:0,humor:2,.*,lang:en\n$/)
  })

  it('draws by a seed, says when an answer was cut off, and speaks JSON', async () => {
    const endpoint = await serve({ serves: 'policy', contract: 'openai' })
    const flags = ['--endpoint', endpoint, '--protocol', 'openai-completions', '--temperature', '0.7', '--seed', '4']
    const [first, again] = [await run('Why?', ...flags), await run('Why?', ...flags)]
    expect(first.out).toBe(again.out)
    const cut = await run('Why?', ...flags, '--max-tokens', '2')
    expect(cut.err).toContain('cut off at --max-tokens')
    const { out } = await run('Why?', ...flags, '--json', '--set', 'quality=0', '--set', 'quality=4')
    const replies = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { label: string; answer: string; finish: string })
    expect(replies.map(({ label }) => label.slice(0, 9))).toEqual(['quality:0', 'quality:4'])
    expect(replies.map(({ answer }) => answer.split(' ').length)).toEqual([3, 11])
    expect(replies.every(({ finish }) => finish === 'stop')).toBe(true)
  })

  it('compares settings, each answer scored by the value model', async () => {
    const root = await temporaryFolder()
    const endpoints = { sample: await serve({ serves: 'policy' }), annotate: await serve({}) }
    const config = join(root, 'steerflow.yaml')
    await writeFile(
      config,
      `dataDir: ${root}/data\nsample:\n  endpoints: ['${endpoints.sample}']\nannotate:\n  endpoints: ['${endpoints.annotate}']\n`,
    )
    const { code, out, err } = await run(
      'Why?',
      '--compare',
      '--set',
      'quality=0',
      '--set',
      'quality=4',
      '--config',
      config,
    )
    expect([code, withoutLoads(err)]).toEqual([0, ''])
    expect(out).toMatch(/^answer 1 +answer 2\n/)
    expect(out).toMatch(/\nquality +0 → \d\.00 +4 → \d\.00\n/)
  })

  it.each([
    [['Why?'], 2, 'no server of a SteerLM model is configured'],
    [['Why?', '--set', 'wit=3', '--endpoint', 'http://127.0.0.1:9'], 2, 'no attribute wit'],
    [['Why?', '--set', 'quality', '--endpoint', 'http://127.0.0.1:9'], 2, 'is not a list'],
    [['Why?', '--protocol', 'nemo-generate'], 2, '--protocol needs --endpoint'],
    [[' ', '--endpoint', 'http://127.0.0.1:9'], 2, 'the question is empty'],
    [['Why?', '--endpoint', 'http://127.0.0.1:9', '--retry-for', '0.3'], 1, 'STEERFLOW_OUTAGE'],
  ])('says what is wrong with %j', async (argv, exit, message) => {
    const { code, out, err } = await run(...argv, '--data-dir', await temporaryFolder())
    expect({ code, out }).toEqual({ code: exit, out: '' })
    expect(err).toContain(message)
  })

  it('does not compare without a value model', async () => {
    const endpoint = await serve({ serves: 'policy' })
    const { code, err } = await run('Why?', '--compare', '--endpoint', endpoint, '--data-dir', await begunFolder())
    expect(code).toBe(2)
    expect(err).toContain('there is no active value model')
  })
})
