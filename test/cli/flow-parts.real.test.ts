import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.js'
import { temporary } from '../support/pipelines.js'

const program = pathToFileURL('dist/index.js').href
const zod = pathToFileURL('node_modules/zod/index.js').href

/** The files that the document shows, by their names. */
const documented = (language: 'js' | 'yaml'): ReadonlyMap<string, string> =>
  new Map(
    [...readFileSync('docs/flows.md', 'utf8').matchAll(/```(js|yaml)\n(?:\/\/|#) (\S+)\n([^]*?)```/g)].flatMap(
      ([, of, name, text]) =>
        of === language ? [[name!, text!.replace("'steerflow'", `'${program}'`).replace("'zod'", `'${zod}'`)]] : [],
    ),
  )

/** Tickets of two replies each. */
const tickets = (count: number): string =>
  Array.from({ length: count }, (_, ticket) => {
    const log = ['It does not start.', `Have you tried number ${ticket}?`, 'Yes.', 'Then it is broken.']
    return JSON.stringify({
      ticket: `t-${ticket}`,
      log: log.map((text, at) => ({ by: at % 2 ? 'agent' : 'customer', text })),
    })
  }).join('\n')

/** A server that rates turns as the document's protocol asks; it remembers what it was asked for. */
async function startRater(): Promise<{ readonly url: string; readonly asked: string[]; close(): void }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      // A pool also looks for a page of metrics, which there is none of.
      if (request.method === 'GET') return void response.writeHead(404).end()
      asked.push(`${request.method} ${request.url}`)
      response.end('{"helpfulness":3.6,"correctness":3,"coherence":4,"complexity":1,"verbosity":2}')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, asked, close: () => void server.close().closeAllConnections() }
}

describe('a flow with parts of its own, as the document says', () => {
  const folder = temporary.forSuite()
  const at = (name: string): string => join(folder, name)
  const run = (...args: readonly string[]) => runCli([...args, '--config', at('own/steerflow.yaml')])
  const well = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args)
    expect([code, args, stderr]).toEqual([0, args, expect.any(String)])
    return stdout
  }
  const values = async <T>(topic: string): Promise<readonly T[]> =>
    (await well('tap', topic, '--values'))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as T)
  let rater: Awaited<ReturnType<typeof startRater>>
  let ingested = ''

  beforeAll(async () => {
    rater = await startRater()
    await mkdir(at('own'))
    await writeFile(at('own/package.json'), '{ "type": "module" }')
    for (const [name, text] of documented('js')) await writeFile(at(`own/${name}`), text)
    const configuration = documented('yaml').get('steerflow.yaml')!.replace('http://localhost:8000', rater.url)
    await writeFile(at('own/steerflow.yaml'), `${configuration}dataDir: ${at('data')}\n`)
    await writeFile(at('tickets.jsonl'), tickets(40))
    const turns = {
      conversations: [
        { from: 'human', value: 'Hello.' },
        { from: 'gpt', value: 'Hello?' },
      ],
    }
    await writeFile(at('chat.jsonl'), JSON.stringify(turns))
    ingested = await well('ingest', at('tickets.jsonl'), at('chat.jsonl'))
    await well('run', '--until-idle')
  })
  afterAll(() => rater.close())

  it('is what the configuration is checked and the machine is looked at by', async () => {
    expect(await well('config', 'check')).toContain('the configuration is consistent')
    expect(await well('doctor')).toMatch(
      /endpoints +ok +1 reached[^]*annotate answers +ok +1 answer[^]*steerlm: counting by exec/,
    )
  })

  describe('source formats', () => {
    it('are found out, beside those that are built in', async () => {
      expect(ingested).toMatch(/tickets\.jsonl: 40 records, 0 rejected[^]*chat\.jsonl: 1 records, 0 rejected/)
      const records = await values<{ steerflow: { origin: string } }>('conversations.unscored')
      const of = (format: string) => records.filter(({ steerflow }) => steerflow.origin === format)
      expect([of('support-log').length, of('sharegpt').length]).toEqual([40, 1])
    })

    it('are named, and what does not fit says where', async () => {
      const log = [
        { by: 'customer', text: 'Hm.' },
        { by: 'robot', text: '?' },
      ]
      await writeFile(at('odd.jsonl'), JSON.stringify({ ticket: 't-1', log }))
      await well('ingest', at('odd.jsonl'), '--format', 'support-log')
      // A record that became a dead letter is in no result.
      expect((await run('run', '--nodes', 'preprocess', '--until-idle')).code).toBe(3)
      expect(await well('dead-letters', 'list')).toMatch(/STEERFLOW_SOURCE_INVALID[^]*log\[1\]\.by/)
    })

    it.each([['ingest'], ['score'], ['quickstart']])('%s refuses another name with those there are', async command => {
      const { code, stderr } = await run(command, at('tickets.jsonl'), '--format', 'tickets')
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(
          /--format tickets: expected one of support-log, oasst-tree, .*openai-messages, .*oasst-flat/,
        ),
      ])
    })
  })

  describe('inference protocols', () => {
    const label = 'helpfulness:4,correctness:3,coherence:4,complexity:1,verbosity:2'

    it('are what servers are asked by', async () => {
      expect(new Set(rater.asked)).toEqual(new Set(['POST /rate/five']))
      const records = await values<{ conversations: readonly { label: string }[] }>('conversations.scored')
      expect(records).toHaveLength(41)
      for (const { conversations } of records) expect(conversations.at(-1)!.label).toBe(label)
    })

    it('score files, of servers that a file lists', async () => {
      const servers = JSON.stringify([{ url: rater.url, protocol: 'rater', modelName: 'other' }])
      await writeFile(at('servers.json'), servers)
      const of = ['--set', 'annotate.endpoints=[]', '--set', `annotate.endpointsFile=${at('servers.json')}`]
      const scored = await well('score', at('tickets.jsonl'), '--format', 'support-log', ...of)
      expect(scored.split(label).length).toBeGreaterThan(40)
      expect(rater.asked.at(-1)).toBe('POST /rate/other')
    })

    it('annotate files, by the flow of the folder or of the command line', async () => {
      const turn = (from: string, value: string) => ({ value, from, label: null })
      const conversations = [turn('User', 'Hm.'), turn('Assistant', 'Hm?')]
      await writeFile(
        at('plain.jsonl'),
        JSON.stringify({ conversations, system: '', mask: 'User', type: 'VALUE_TO_TEXT' }),
      )
      const asked = ['annotate', '--input-file-name', at('plain.jsonl'), '--endpoints', rater.url]
      const rate = ['--server-protocol', 'rater', '--model-name', 'third', '--attribute-set', 'helpsteer-5@1']
      for (const [out, where] of [
        ['here', { cwd: at('own') }],
        ['named', {}],
      ] as const) {
        const flow = out === 'named' ? ['--flow', at('own/parts.js')] : []
        const { code, stderr } = await runCli([...asked, ...rate, '--output-file-name', at(out), ...flow], where)
        expect([code, stderr]).toEqual([0, expect.any(String)])
        expect(readFileSync(at(out), 'utf8').split(label)).toHaveLength(3)
      }
      expect(rater.asked.at(-1)).toBe('POST /rate/third')
    })

    it('are what a SteerLM model is asked by', async () => {
      await writeFile(
        at('own/text.mjs'),
        `import { classifyStatus, defineFlow } from '${program}'
        const said = {
          name: 'said',
          gives: 'text',
          maxBatch: 1,
          request: () => ({ method: 'POST', path: '/say', headers: {}, body: '' }),
          classify: reply =>
            reply.status === 200
              ? { kind: 'ok', answers: [{ kind: 'continuation', text: reply.body, finish: 'stop', tokens: null }] }
              : classifyStatus(reply),
        }
        export default defineFlow(base => base.withProtocols({ said }))`,
      )
      const asked = ['ask', 'Why?', '--endpoint', rater.url, '--protocol']
      const { code, stdout, stderr } = await runCli([...asked, 'said', '--flow', at('own/text.mjs')])
      expect([code, stderr, stdout]).toEqual([0, expect.any(String), expect.stringContaining('"helpfulness":3.6')])
      expect(rater.asked.at(-1)).toBe('POST /say')
      expect((await runCli([...asked, 'says', '--flow', at('own/text.mjs')])).stderr).toMatch(/"nemo-generate".*"said"/)
    })

    it.each([['annotate'], ['sample']])('another name in %s is refused with those there are', async key => {
      const { code, stderr } = await run(
        'config',
        'check',
        '--set',
        `${key}.endpoints=[{url: "http://a", protocol: rates}]`,
      )
      expect([code, stderr]).toEqual([2, expect.stringMatching(/endpoints\.0\.protocol: .*"nemo-generate".*"rater"/)])
    })
  })

  describe('trainers', () => {
    it('train models, which are registered', async () => {
      expect(await well('jobs', 'list')).toMatch(/steerlm-\w+-counting +succeeded/)
      const [record] = await values<{ kind: string; role: string; path: string }>('models')
      expect(record).toMatchObject({ kind: 'count', role: 'steerlm' })
      const rows = readFileSync(join(at('data'), record!.path), 'utf8')
      // The replies of 40 tickets and a chat, but for those of trees that are validated with.
      const { turns } = JSON.parse(rows) as { turns: number }
      expect(turns).toBeGreaterThan(60)
      expect(turns).toBeLessThanOrEqual(81)
    })

    it('are looked at before, as far as anybody can', async () => {
      expect(await well('jobs', 'lint')).toMatch(/note own-trainer: dataset steerlm \(counting\)[^]*1 note/)
      const { code, stdout } = await run('jobs', 'lint', '--set', 'datasets.steerlm.settings={speakers: all}')
      expect([code, stdout]).toEqual([1, expect.stringMatching(/settings of counting: Unrecognized key: "speakers"/)])
    })

    it('are listed where another is named', async () => {
      const { code, stdout, stderr } = await run('doctor', '--set', 'datasets.steerlm.trainer=counter')
      expect([code, stdout, stderr]).toEqual([
        1,
        expect.stringMatching(/no trainer is called counter; known: baseline, .*, counting/),
        expect.any(String),
      ])
    })
  })

  describe('export formats', () => {
    it('write rows of a snapshot', async () => {
      const output = at('exported')
      const labelled = ['--labels', 'user', '--output', output]
      expect(await well('datasets', 'export', 'steerlm', '--format', 'last-reply', ...labelled)).toContain('train rows')
      const rows = readFileSync(join(output, 'train.jsonl'), 'utf8').trim().split('\n')
      expect(rows.map(row => JSON.parse(row) as unknown)).toContainEqual({
        question: `Yes.\n${'helpfulness:4,correctness:3,coherence:4,complexity:1,verbosity:2'}`,
        reply: 'Then it is broken.',
      })
      expect(readFileSync(join(output, 'README.md'), 'utf8')).toContain('The last reply of each conversation')
    })

    it('are listed where another is named', async () => {
      const { code, stderr } = await run('datasets', 'export', 'd', '--format', 'rows', '--output', at('none'))
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/--format rows: expected one of steerlm, .*, last-reply/),
      ])
    })
  })
})
