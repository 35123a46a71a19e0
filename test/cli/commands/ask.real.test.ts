import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCli } from '../../support/cli.js'
import { type LlamaServer, startLlama } from '../../support/llama/llama.js'
import { describeWith } from '../../support/parts/describe-with.js'
import { temporaryFolder } from '../../support/temporary.js'
import { withoutLoads } from '../../support/without-loads.js'

const describe = await describeWith('llama')

describe('steerflow ask with a real llama.cpp server', () => {
  let server: LlamaServer
  beforeAll(async () => {
    server = await startLlama()
  })
  afterAll(() => server.stop())

  // The model does not know the prompt's form: what is shown is that it is asked and answers, not that it is steered.
  it('prints what the model goes on with', async () => {
    const asked = ['ask', 'Name a color.', '--endpoint', server.url, '--protocol', 'openai-completions']
    const drawn = [...asked, '--json', '--max-tokens', '12', '--temperature', '0.8', '--seed', '3']
    const { code, stdout, stderr } = await runCli([...drawn, '--data-dir', await temporaryFolder()])
    expect({ code, stderr: withoutLoads(stderr) }).toEqual({ code: 0, stderr: '' })
    const reply = JSON.parse(stdout) as { answer: string; label: string; tokens: { completion: number } }
    expect(reply.answer).not.toBe('')
    expect(reply.label).toMatch(/^quality:4,/)
    expect(reply.tokens.completion).toBeLessThanOrEqual(12)
  })
})
