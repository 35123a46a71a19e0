import fc from 'fast-check'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { builtIn } from '../../src/flow.js'
import { configKeys, withoutSecrets } from '../../src/cli/config-keys.js'
import { configPath, loadConfig, variables } from '../../src/cli/load-config.js'
import { SteerflowError } from '../../src/domain/errors.js'
import { temporary } from '../support/pipelines.js'

const fileWith = (text: string): string => {
  const file = join(temporary(), 'steerflow.yaml')
  writeFileSync(file, text)
  return file
}

/** The code and message with which something is refused; null when it is not. Anything but a SteerflowError is thrown. */
function refusal(work: () => unknown): string | null {
  try {
    work()
    return null
  } catch (error) {
    if (error instanceof SteerflowError) return `${error.code} ${error.message}`
    throw error
  }
}

describe('a path of --set', () => {
  it.each([
    ['topics.conversations.scored.partitions', ['topics', 'conversations.scored', 'partitions']],
    ['topics."conversations.scored".partitions', ['topics', 'conversations.scored', 'partitions']],
    ['topics.raw.partitions', ['topics', 'raw', 'partitions']],
    ['datasets.my.own.data.seal.records', ['datasets', 'my.own.data', 'seal', 'records']],
    ['datasets.steerlm.seal.records', ['datasets', 'steerlm', 'seal', 'records']],
    ['datasets."a.seal".seal.records', ['datasets', 'a.seal', 'seal', 'records']],
    ['attributeSets.mine@1.keys', ['attributeSets', 'mine@1', 'keys']],
    ['records.writeVersion.conversations.raw', ['records', 'writeVersion', 'conversations.raw']],
    ['clean.seqLen', ['clean', 'seqLen']],
    ['clean.unknown.key', ['clean', 'unknown', 'key']],
  ])('%s is %j', (text, path) => expect(configPath(builtIn, text)).toEqual(path))

  it.each(['', '.', 'a..b', 'a.', '"a', 'a"b"'])('%j is refused, and how it is written is said', text => {
    expect(refusal(() => configPath(builtIn, text))).toContain('in double quotes')
  })

  it('sets a key below a name with dots', () => {
    const set = ['topics.conversations.scored.partitions=6', 'datasets.a.b.seal.records=7']
    const config = loadConfig({ file: fileWith('{}'), set })
    expect(config.topics['conversations.scored']).toEqual({ partitions: 6 })
    expect(config.datasets['a.b']!.seal.records).toBe(7)
  })
})

describe('an error of the configuration', () => {
  it('names its file, its variable or its flag', () => {
    const file = fileWith('clean: { seqLen: x }')
    expect(refusal(() => loadConfig({ file }))).toMatch(`clean.seqLen: `)
    expect(refusal(() => loadConfig({ file }))).toContain(`(${file})`)
    const env = { STEERFLOW_CLEAN_SEQ_LEN: 'y' }
    expect(refusal(() => loadConfig({ file, env }))).toContain('(STEERFLOW_CLEAN_SEQ_LEN)')
    expect(refusal(() => loadConfig({ file, env, set: ['clean.seqLen=z'] }))).toContain('(--set clean.seqLen)')
  })

  it('says so where a folder is named', () => {
    const folder = join(temporary(), 'folder')
    mkdirSync(folder)
    expect(refusal(() => loadConfig({ file: folder }))).toMatch(
      `STEERFLOW_INPUT_NOT_FOUND the configuration file ${folder}`,
    )
  })

  it('says of a bomb of aliases what it is', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const items = Array.from({ length: 10 }, () => (level === 0 ? 'x' : `*a${level - 1}`)).join(', ')
      return `a${level}: &a${level} [${items}]`
    })
    expect(refusal(() => loadConfig({ file: fileWith(levels.join('\n')) }))).toContain('aliases (*name) stand for more')
  })

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s, wherever it stands', key => {
    const file = fileWith('{}')
    const refused = /^STEERFLOW_CONFIG_INVALID .*cannot be a key/
    expect(refusal(() => loadConfig({ file, set: [`${key}.polluted=1`] }))).toMatch(refused)
    expect(refusal(() => loadConfig({ file, set: [`datasets.${key}.seal.records=1`] }))).toMatch(refused)
    expect(refusal(() => loadConfig({ file, set: [`datasets={"${key}":{}}`] }))).toMatch(refused)
    expect(refusal(() => loadConfig({ file: fileWith(`datasets: { ${key}: { polluted: 1 } }`) }))).toMatch(refused)
    expect({}).not.toHaveProperty('polluted')
  })
})

describe('bounds', () => {
  it.each([
    'annotate.deadlineSeconds=1e-300',
    'sample.deadlineSeconds=1e300',
    'clean.threads=1000000',
    'ingest.maxLineBytes=1',
    'datasets={"../../evil":{}}',
    'annotate.endpoints=["http://%zz:x@h"]',
  ])('%s is refused', set => {
    const message = refusal(() => loadConfig({ file: fileWith('{}'), set: [set] }))
    expect(message).toMatch(/^STEERFLOW_CONFIG_INVALID /)
    expect(message).toContain(set.split('=')[0]!)
  })
})

test('no secret of a URL is shown', () => {
  const urls = ['http://user:s3cret@h/x?token=s3cret&b=s3cret#f', 'http://h/?s3=s3cret']
  const set = [`annotate.endpoints=${JSON.stringify(urls)}`]
  const shown = JSON.stringify(withoutSecrets(loadConfig({ file: fileWith('{}'), set })))
  expect(shown).toContain('http://[redacted]@h/x?token=[redacted]&b=[redacted]#f')
  expect(shown).not.toContain('s3cret')
})

const hostile = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      '-1',
      '0',
      '1e999',
      'NaN',
      '.inf',
      'null',
      '[]',
      '{}',
      '[[[[]]]]',
      '"\\u0000"',
      '../../x',
      'http://%zz:x@h',
    ],
    ...[
      'http://[::1',
      '!!binary x',
      '*alias',
      '&a [*a]',
      '!!js/function x',
      '? a',
      '2026-01-01',
      '{__proto__: 1}',
      '\x1b[2J',
    ],
    ...['['.repeat(5000), `${'{a: '.repeat(2000)}1`, 'y'.repeat(100_000)],
  ),
  fc.string({ maxLength: 40 }),
  fc.json(),
)

test('no value of a key or a variable, however hostile, is taken for a fault of the program', () => {
  const file = fileWith('{}')
  const paths = [
    ...configKeys(builtIn).keys(),
    'datasets.x',
    'topics.conversations.raw',
    'attributeSets.a@1',
    'nowhere',
  ]
  const code = /^STEERFLOW_(CONFIG_INVALID|USAGE) /
  fc.assert(
    fc.property(fc.constantFrom(...paths), hostile, (path, value) => {
      const message = refusal(() => loadConfig({ file, set: [`${path}=${value}`] }))
      if (message !== null) expect(message).toMatch(code)
    }),
    { numRuns: 1000 },
  )
  fc.assert(
    fc.property(fc.constantFrom(...variables(builtIn).keys()), hostile, (variable, value) => {
      const message = refusal(() => loadConfig({ file, env: { [variable]: value } }))
      if (message !== null) expect(message).toMatch(code)
    }),
    { numRuns: 300 },
  )
})
