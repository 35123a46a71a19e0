import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/cli/load-config.js'
import { openWorkspace } from '../../src/cli/workspace.js'
import type { ModelRecord } from '../../src/domain/model.js'
import type { ShardManifest } from '../../src/domain/shard.js'
import { encode } from '../../src/stages/node.js'
import { models, shards } from '../../src/topics.js'
import { runMain } from '../support/run-main.js'
import { temporaryFolder } from '../support/temporary.js'
import { merging } from '../support/tokenizer-json.js'
import { manifest, registered } from '../support/training.js'

/** The four commands that know of contradictions, and the exit code with which each says so. */
const commands = [
  ['run', ['run', '--until-idle'], 2],
  ['quickstart', ['quickstart'], 2],
  ['doctor', ['doctor'], 1],
  ['config check', ['config', 'check'], 2],
] as const

const file = 'test/fixtures/helpsteer/rows-24.jsonl'

/** Runs one of them on a data folder with these settings; what it printed, on one line. */
async function said(argv: readonly string[], dir: string, set: readonly string[]) {
  const settings = set.flatMap(one => ['--set', one])
  const files = argv[0] === 'quickstart' ? [file] : []
  const began = performance.now()
  const { code, out, err } = await runMain([...argv, ...files, '--data-dir', dir, ...settings])
  // Taken for an outage it would be waited for, 600 s by default.
  expect((performance.now() - began) / 1000).toBeLessThan(60)
  return { code, text: (out + err).replace(/\s+/g, ' ') }
}

const folder = mkdtempSync(join(tmpdir(), 'steerflow-merging-'))
const merged = join(folder, 'merging.json')
writeFileSync(merged, merging('llama3', '<', 'e'))
afterAll(() => rmSync(folder, { recursive: true }))

const reward = JSON.stringify([{ url: 'http://127.0.0.1:1', protocol: 'openai-reward' }])

/** Configurations that cannot work, with what has to be named. */
const contradictions: readonly (readonly [what: string, set: readonly string[], both: readonly RegExp[]])[] = [
  [
    'an attribute set that nobody knows',
    ['attributes=none-3'],
    [/no attribute set is called none-3; known: .*helpsteer-5@1/],
  ],
  [
    'a server of scores where labels end with a language',
    ['attributes=oasst-12-lang', `annotate.endpoints=${reward}`],
    [/openai-reward gives scores only/, /oasst-12-lang@1 end with a language/, /Correct attributes/],
  ],
  [
    'a tokenizer that is not there',
    ['clean.tokenizer=/none.model'],
    [/\/none\.model/, /ENOENT/, /Set clean\.tokenizer/],
  ],
  [
    'prompt tokens that the tokenizer merges with the text around them',
    [`clean.tokenizer=${merged}`],
    [/merging\.json does not work with the prompt tokens \\?"<extra_id_0>/, /add them to it as special tokens/],
  ],
  [
    'a file that is no tokenizer',
    ['clean.tokenizer=package.json'],
    [/package\.json/, /it is JSON, but no tokenizer\.json/, /\.model file/],
  ],
  ['a trainer that nobody knows', ['datasets.steerlm.trainer=nemo'], [/no trainer is called nemo; known: baseline/]],
  ['a launcher that nobody knows', ['datasets.steerlm.launcher=cron'], [/no launcher is called cron; known: render/]],
  [
    'a trainer that can only be rendered, to be run',
    ['datasets.steerlm.launcher=exec'],
    [/the trainer nemo-aligner and the launcher exec/, /only be rendered; exec runs baseline, trl/],
  ],
  [
    'a setting that the trainer does not have',
    ['datasets.steerlm.settings={"model.nope": 1}'],
    [/settings of nemo-aligner: .*model\.nope/, /Correct datasets\.steerlm/],
  ],
  [
    'a trainer whose program is not installed',
    [
      'datasets.steerlm.trainer=trl',
      'datasets.steerlm.launcher=exec',
      'datasets.steerlm.settings={model_name_or_path: /m, tokenizer: /t}',
    ],
    [/the trainer trl and the launcher exec/, /its program trl is in no folder of PATH/],
  ],
  [
    'a webhook without an address',
    ['datasets.steerlm.launcher=webhook'],
    [/the trainer nemo-aligner and the launcher webhook: webhook: no url is set/, /launchers\.webhook/],
  ],
  [
    'a dataset that nothing is sealed into',
    ['datasets.value_model.trainer=baseline'],
    [/no node seals value_model/, /sealed datasets are value-model, steerlm, bootstrap-\{round\}/],
  ],
  [
    'an attribute set without the attribute that decides between models',
    ['attributeSets={mine@1: {keys: [style]}}', 'attributes=mine'],
    [
      /attributes asks for mine@1 \(style\), but models are compared by quality or helpfulness \(promote\.attribute\)/,
      /Set promote\.attribute to one of style, or to none/,
    ],
  ],
  ['rounds of such a dataset', ['bootstrap.dataset=mine'], [/bootstrap\.dataset: no node seals mine/]],
]

describe.each(contradictions)('%s', (_, set, both) => {
  it.each(commands)('%s names both sides and the next step', async (_, argv, exit) => {
    const { code, text } = await said(argv, await temporaryFolder(), set)
    for (const side of both) expect(text).toMatch(side)
    expect(code).toBe(exit)
  })
})

/** A data folder whose log has these models and shards. */
async function folderWith(known: readonly ModelRecord[], sealed: readonly Partial<ShardManifest>[]): Promise<string> {
  const dir = await temporaryFolder()
  const workspace = await openWorkspace(loadConfig({ set: [`dataDir=${dir}`] }), { begins: true })
  const { log } = workspace
  await log.publish(known.map(record => encode(models, record)))
  await log.publish(
    sealed.map((given, at) =>
      encode(shards, {
        dataset: 'value-model',
        event: 'sealed',
        at: new Date(0).toISOString(),
        manifest: manifest({ dataset: 'value-model', path: `shards/${at}.jsonl`, partition: at, ...given }),
      }),
    ),
  )
  await workspace.close()
  return dir
}

const helpsteer = { attribute_set: 'helpsteer-5@1' }
const active: ModelRecord = { ...registered('a'), ...helpsteer, state: 'active', reason: 'person: promoted' }

const data: readonly (readonly [
  string,
  readonly ModelRecord[],
  readonly Partial<ShardManifest>[],
  readonly string[],
  RegExp,
])[] = [
  [
    'an active model of another set',
    [active],
    [],
    ['attributes=oasst-12-lang'],
    /asks for oasst-12-lang@1, but the value model value-model-a+ predicts helpsteer-5@1; omit attributes/,
  ],
  [
    'a model of an endpoint of another set',
    [{ ...registered('a'), ...helpsteer, kind: 'external', path: '' }],
    [],
    ['attributes=oasst-12', `annotate.endpoints=[{url: "http://127.0.0.1:1", model: "${'a'.repeat(64)}"}]`],
    /asks for oasst-12@1, but the value model value-model-a+ predicts helpsteer-5@1/,
  ],
  [
    'data of another set',
    [],
    [helpsteer],
    ['attributes=oasst-12'],
    /asks for oasst-12@1, but the records of the dataset value-model are labelled with helpsteer-5@1/,
  ],
  [
    'data without the attribute that decides between models',
    [],
    [helpsteer],
    ['promote.attribute=quality'],
    /labelled with helpsteer-5@1 \(helpfulness, .*\), but models are compared by quality \(promote\.attribute\), which the set does not have(\.| →) Set/,
  ],
  [
    'data of several sets, of which a model is still to be learnt',
    [],
    [helpsteer, {}],
    [],
    /several attribute sets, helpsteer-5@1 and oasst-12-lang@1, but a model learns only one.*Ingest the data of each set with its own --data-dir/,
  ],
]

describe.each(data)('%s', (_, known, sealed, set, both) => {
  it.each(commands)('%s names both sides', async (_, argv, exit) => {
    const { code, text } = await said(argv, await folderWith(known, sealed), set)
    expect(text).toMatch(both)
    expect(code).toBe(exit)
  })
})

/** A server that says the same to everybody; its URL. */
async function serverSaying(status: number, body: string, path = ''): Promise<string> {
  const answer = (response: ServerResponse): void => void response.writeHead(status).end(body)
  const server = createServer((request, response) => {
    request.resume()
    if (request.url === '/v1/models') response.end(JSON.stringify({ data: [{ id: 'steerlm-13b' }] }))
    else request.on('end', () => answer(response))
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
}

const refusals = [
  ['everything with 400', 400, 'no chat template', {}, /status 400: no chat template/],
  ['the key', 401, 'who are you', {}, /status 401: who are you.*apiKeyEnv/],
  ['the key', 403, 'not you', {}, /status 403: not you/],
  ['an unknown model', 404, 'no such model', { modelName: 'other' }, /it serves steerlm-13b, but modelName is other/],
] as const

describe.each(refusals)('a server that refuses %s (%s)', (_, status, body, entry, words) => {
  it.each(commands)('%s has its words', async (name, argv, exit) => {
    const dir = await temporaryFolder()
    const url = await serverSaying(status, body)
    const endpoints = [{ url, protocol: 'openai-chat', ...entry }]
    // A run without work asks nobody, and is done.
    if (name === 'run') await runMain(['ingest', file, '--data-dir', dir])
    const { code, text } = await said(argv, dir, [`annotate.endpoints=${JSON.stringify(endpoints)}`])
    expect(text).toMatch(words)
    expect(text).toContain(url)
    expect(code).toBe(exit)
  })
})

/** Annotates a file with a server; what the command said, on one line, and in how many seconds. */
async function annotating(url: string, ...more: readonly string[]) {
  const output = join(await temporaryFolder(), 'out.jsonl')
  await writeFile(`${output}.in`, `${JSON.stringify(chat)}\n`)
  const began = performance.now()
  const files = ['--input-file-name', `${output}.in`, '--output-file-name', output]
  const { code, out, err } = await runMain(['annotate', ...files, '--endpoints', url, ...more])
  return { code, text: (out + err).replace(/\s+/g, ' '), seconds: (performance.now() - began) / 1000 }
}
const chat = {
  conversations: [
    { from: 'User', value: 'Why?', label: null },
    { from: 'Assistant', value: 'Because.', label: null },
  ],
  ...{ system: 'S', mask: 'User', type: 'VALUE_TO_TEXT' },
}

describe.each(refusals)('annotate with a server that refuses %s (%s)', (_, status, body, entry, words) => {
  it('names the server, its words and the flags in seconds', async () => {
    const url = await serverSaying(status, body)
    const name = 'modelName' in entry ? ['--model-name', entry.modelName] : []
    const { code, text, seconds } = await annotating(url, '--server-protocol', 'openai-chat', ...name)
    expect(text).toMatch(new RegExp(words.source.replace('.*apiKeyEnv', '.*--model-name')))
    expect(text).toMatch(/--endpoints: the server refuses a plain request: .* Correct --endpoints/)
    expect(text).toContain(url)
    expect(code).toBe(2)
    // Far less than the outage's 60 s, on a busy machine too.
    expect(seconds).toBeLessThan(40)
  })
})

describe.each(refusals)('ask with a server that refuses %s (%s)', (_, status, body, entry, words) => {
  it('names the server and its words in seconds', async () => {
    const url = await serverSaying(status, body)
    const folder = await temporaryFolder()
    const config = join(folder, 'steerflow.yaml')
    await writeFile(config, JSON.stringify({ sample: { endpoints: [{ url, protocol: 'openai-chat', ...entry }] } }))
    const began = performance.now()
    const { code, out, err } = await runMain(['ask', 'Why?', '--config', config, '--data-dir', join(folder, 'data')])
    const text = (out + err).replace(/\s+/g, ' ')
    expect(text).toMatch(words)
    expect(text).toContain('sample.endpoints: the server refuses a plain request')
    expect(code).toBe(2)
    // Far less than the 120 s of an outage, on a busy machine too.
    expect((performance.now() - began) / 1000).toBeLessThan(60)
  })
})

describe('a server that ignores guided decoding', () => {
  const idle = JSON.stringify({
    choices: [
      { index: 0, text: ' good', message: { role: 'assistant', content: 'I rate it good' }, finish_reason: 'stop' },
    ],
  })
  const words =
    /ignores guided decoding \(guided: regex-vllm\) and replies .*good.*, which is no label line; vLLM from 0.12/

  it.each(commands)('%s names the setting and the reply', async (name, argv, exit) => {
    const dir = await temporaryFolder()
    const endpoints = [{ url: await serverSaying(200, idle), protocol: 'openai-chat', guided: 'regex-vllm' }]
    if (name === 'run') await runMain(['ingest', file, '--data-dir', dir])
    const { code, text } = await said(argv, dir, [`annotate.endpoints=${JSON.stringify(endpoints)}`])
    expect(text).toMatch(words)
    expect(code).toBe(exit)
  })

  it('annotate names the flag and the reply', async () => {
    const url = await serverSaying(200, idle)
    const { code, text } = await annotating(url, '--server-protocol', 'openai-chat', '--guided', 'regex-vllm')
    expect(text).toMatch(words)
    expect(code).toBe(2)
  })
})

describe('what is no contradiction', () => {
  it.each([
    ['a server that is away', { url: 'http://127.0.0.1:1' }],
    ['nothing', null],
  ])('config check: %s', async (_, entry) => {
    const set = entry ? [`annotate.endpoints=${JSON.stringify([entry])}`] : []
    const { code, text } = await said(['config', 'check'], await temporaryFolder(), set)
    expect(text).toContain('the configuration is consistent')
    expect(code).toBe(0)
  })

  it('several sets in the data, where a server scores: a doubt', async () => {
    const dir = await folderWith([], [helpsteer, {}])
    const { code, text } = await said(['config', 'check'], dir, ['annotate.endpoints=["http://127.0.0.1:1"]'])
    expect(text).toContain('several attribute sets')
    expect(code).toBe(0)
  })

  it('a part of the servers refuses: a doubt', async () => {
    const dir = await temporaryFolder()
    await writeFile(join(dir, 'servers.yaml'), JSON.stringify([await serverSaying(401, 'no'), 'http://127.0.0.1:1']))
    const { code, text } = await said(['config', 'check'], dir, [`annotate.endpointsFile=${dir}/servers.yaml`])
    expect(text).toContain('status 401')
    expect(code).toBe(0)
  })
})
