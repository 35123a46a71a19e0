import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { builtIn } from '../../src/flow.js'
import { commentedConfig } from '../../src/cli/commented-config.js'
import { attributeSetOf } from '../../src/cli/attribute-sets.js'
import { Config, endpointsOf, topicSpecsOf } from '../../src/cli/config.js'
import { ConfigFile } from '../../src/cli/config-file.js'
import { nodeOptions } from '../../src/cli/node-options.js'
import { withoutSecrets } from '../../src/cli/config-keys.js'
import { loadConfig, variables } from '../../src/cli/load-config.js'
import { pipeline } from '../../src/pipeline.js'
import { clean } from '../../src/stages/clean.js'
import type { Capabilities } from '../../src/stages/needs.js'
import { node } from '../../src/stages/node.js'
import { topic } from '../../src/stages/topic.js'
import { dropped, unscored, unscoredClean } from '../../src/topics.js'
import { temporary } from '../support/pipelines.js'

const fileWith = (text: string): string => {
  const file = join(temporary(), 'steerflow.yaml')
  writeFileSync(file, text)
  return file
}

test('the file is overridden by the environment, the environment by flags', () => {
  const file = fileWith('clean: { seqLen: 100, threads: 1 }\nattributes: helpsteer-5\n')
  const env = { STEERFLOW_CLEAN_SEQ_LEN: '200', STEERFLOW_ATTRIBUTES: 'oasst-12' }
  const config = loadConfig({ file, env, set: ['clean.seqLen=300'] })
  expect([config.clean.seqLen, config.clean.threads, config.attributes]).toEqual([300, 1, 'oasst-12'])
})

test.each(pipeline.map(node => [node.name, node] as const))(
  'every option of %s comes from the configuration',
  (_, node) => {
    const set = nodeOptions(loadConfig({ env: {} }), node) as Readonly<Record<string, unknown>>
    const wanted = Object.keys(node.stage.options.shape).filter(key => !(key in node.fixed))
    // An option that is missing here is one that can be set, is shown, and changes nothing: a case of `nodeOptions`.
    expect(wanted.filter(key => !(key in set))).toEqual([])
  },
)

test.each([
  ['clean: { seqLen: many }', /clean\.seqLen/],
  ['clean: { sqLen: 1 }', /sqLen/],
  ['topics: { no.such.topic: { partitions: 2 } }', /topics/],
  ['- a list', /keys and values/],
  ['a: [', /not YAML/],
])('%s is refused by name', (text, message) => {
  const file = fileWith(text)
  expect(() => loadConfig({ file })).toThrow(message)
})

test('a file that is named must be there', () => {
  expect(() => loadConfig({ file: '/no/such/file.yaml' })).toThrow(/no configuration file/)
})

test('a file that would take minutes to read is refused at once', () => {
  const file = join(temporary(), 'steerflow.yaml')
  writeFileSync(file, `clean: { seqLen: 100 }\n${'# a comment\n'.repeat(20_000)}`)
  expect(loadConfig({ file }).clean.seqLen).toBe(100)
  appendFileSync(file, `${'# a comment\n'.repeat(2_000)}`)
  expect(() => loadConfig({ file })).toThrow(
    `${file} has more than 262,144 bytes, the limit of a configuration: move servers to the file of annotate.endpointsFile`,
  )
})

test('a file is read once: its flow and its keys come from the same text, and what is set changes no other reading', () => {
  const path = fileWith('clean: { seqLen: 100 }')
  const file = new ConfigFile(path)
  expect(file.tree()).toEqual({ clean: { seqLen: 100 } })
  writeFileSync(path, 'clean: { seqLen: 200 }')
  expect(loadConfig({ file, set: ['clean.seqLen=300'], env: {} }).clean.seqLen).toBe(300)
  expect(loadConfig({ file, env: {} }).clean.seqLen).toBe(100)
})

test('the version of a schema is pinned only where values have one', () => {
  const like = topic({ ...unscoredClean, name: 'conversations.own' })
  const own = builtIn.add(node('own', clean, { from: unscored, to: { kept: like, dropped } }))
  const pin = (name: string) => loadConfig({ flow: own, set: [`records.writeVersion={${name}: 1}`], env: {} })
  expect(pin(unscored.name).records.writeVersion).toEqual({ [unscored.name]: 1 })
  expect(() => pin(like.name)).toThrow(/records\.writeVersion.*conversations\.own/)
})

test('every key that a person can set is a variable', () => {
  expect(variables(builtIn).get('STEERFLOW_ANNOTATE_ENDPOINTS')).toEqual(['annotate', 'endpoints'])
  const endpoints = loadConfig({ env: { STEERFLOW_ANNOTATE_ENDPOINTS: '[http://localhost:1424]' } }).annotate.endpoints
  expect(endpoints).toMatchObject([{ url: 'http://localhost:1424', protocol: 'nemo-generate' }])
})

test('topics get the partitions and the retention of the configuration', () => {
  const specs = topicSpecsOf(Config.parse({ topics: { 'conversations.raw': { partitions: 8, retentionDays: 7 } } }))
  expect(specs.find(spec => spec.name === 'conversations.raw')).toMatchObject({
    partitions: 8,
    retention: { keep: 'days', days: 7 },
  })
  expect(specs.find(spec => spec.name === 'conversations.scored')).toMatchObject({ partitions: 4 })
})

test('every node of the pipeline takes the options that the default configuration gives it', () => {
  const config = Config.parse({})
  for (const node of pipeline) {
    expect(() => node.start(nodeOptions(config, node), {} as Capabilities), node.name).not.toThrow()
  }
})

test('the commented file is the default, and each line of it can be uncommented', () => {
  const text = commentedConfig(builtIn)
  expect(parse(text)).toBeNull()
  const uncommented = text
    .split('\n')
    .slice(2)
    .map(line => line.replace(/^#/, ''))
    .filter(line => !/^\s*#/.test(line))
    .join('\n')
  const { datasets: _, ...rest } = parse(uncommented) as Record<string, unknown>
  const { datasets: __, ...defaults } = Config.parse({})
  expect(Config.parse(rest)).toMatchObject(defaults)
})

test('an attribute set of one’s own is known by its name', () => {
  const file = fileWith(
    'attributes: mine\nattributeSets: { mine@2: { keys: [wit, brevity], max: 9, language: true } }\n',
  )
  expect(attributeSetOf(loadConfig({ file }))).toEqual({
    name: 'mine@2',
    attributes: [
      { key: 'wit', min: 0, max: 9 },
      { key: 'brevity', min: 0, max: 9 },
    ],
    language: true,
  })
  const twice = fileWith('attributeSets: { mine@2: { keys: [wit, wit] } }\n')
  expect(() => loadConfig({ file: twice })).toThrow(/attributeSets/)
  expect(() => attributeSetOf(loadConfig({ set: ['attributes=none'] }))).toThrow(/no attribute set is called none/)
})

test('the configuration is shown without the names and passwords of URLs', () => {
  const endpoints = ['http://bob:s3cret@a:1424', { url: 'https://b', apiKeyEnv: 'KEY' }]
  const shown = JSON.stringify(withoutSecrets(Config.parse({ annotate: { endpoints } })))
  expect(shown).toContain('http://[redacted]@a:1424')
  expect(shown).toContain('"https://b"')
  expect(shown).not.toContain('s3cret')
})

test('endpoints come from the configuration, from a file, from both, or from nowhere', () => {
  const sources = (annotate: object) => endpointsOf(Config.parse({ annotate }), 'annotate')
  expect(sources({})).toBeNull()
  expect(sources({ endpointsFile: 'servers.yaml' })).toMatchObject({ entries: [], file: 'servers.yaml' })
  expect(sources({ endpoints: ['http://a'] })).toMatchObject({ entries: [{ url: 'http://a' }], file: null })
})

test('what is trained on a dataset by default stays unless another trainer is named', () => {
  const datasetOf = (...set: string[]) => loadConfig({ set }).datasets['value-model']
  expect(datasetOf('datasets.value-model.when.newSinceLast=5')).toMatchObject({
    trainer: 'baseline',
    launcher: 'exec',
    when: { newSinceLast: 5, validation: 0 },
  })
  expect(datasetOf('datasets.value-model.trainer=nemo-aligner-value')).toMatchObject({
    launcher: 'render',
    when: { validation: 1 },
  })
  expect(loadConfig({ set: ['datasets.mine.when.records=5'] }).datasets.mine).toMatchObject({ trainer: 'none' })
})
