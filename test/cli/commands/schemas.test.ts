import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/cli/load-config.js'
import { namespaceOf, wireSettings } from '../../../src/cli/wire-settings.js'
import { Config } from '../../../src/cli/config.js'
import { topics } from '../../../src/topics.js'
import { runMain } from '../../support/run-main.js'

const { schemas: versions } = JSON.parse(readFileSync('schemas/index.json', 'utf8')) as { schemas: unknown[] }

const run = (...argv: readonly string[]) => runMain(['schemas', ...argv])

describe('schemas without a registry', () => {
  it('checks the committed files', async () => {
    const { code, out } = await run('check')
    expect(code).toBe(0)
    for (const { name } of topics) expect(out).toMatch(new RegExp(`^${name}-value .*as committed`, 'm'))
  })

  it('prints JSON lines', async () => {
    const { out } = await run('check', '--json')
    const lines = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { subject: string; state: string })
    expect(new Set(lines.map(({ state }) => state))).toEqual(new Set(['as committed']))
    expect(lines).toHaveLength(versions.length)
  })

  it('registers nowhere', async () => {
    const { code, err } = await run('register')
    expect(code).toBe(2)
    expect(err).toMatch(/registry\.url is not set/)
  })

  it('says that a registry does not answer', async () => {
    const { code, err } = await run('check', '--set', 'registry.url=http://127.0.0.1:9')
    expect(code).toBe(1)
    expect(err).toMatch(/STEERFLOW_REGISTRY_DOWN: 127\.0\.0\.1:9 does not answer \(ECONNREFUSED\)/)
  })
})

describe('the configuration of schemas', () => {
  it('has no registry and writes the latest version by default', () => {
    const { registry, pinned } = wireSettings(Config.parse({}))
    expect(registry).toEqual({ url: '', username: '', password: '', autoRegister: false })
    expect(pinned).toBe('latest')
  })

  it.each([
    ['records: not a topic', { records: { writeVersion: { 'no.topic': 1 } } }],
    ['records: no version', { records: { writeVersion: { 'conversations.scored': 0 } } }],
    ['registry: no URL', { registry: { url: 'localhost:8081' } }],
    ['registry: another protocol', { registry: { url: 'file:///etc' } }],
  ])('refuses %s', (_, given) => expect(Config.safeParse(given).success).toBe(false))

  it('refuses a password in the URL without repeating it', () => {
    const env = { STEERFLOW_REGISTRY_URL: 'http://alice:hunter2@localhost:8081' }
    expect(() => loadConfig({ env })).toThrow(/registry\.url.*must not contain credentials/)
    expect(() => loadConfig({ env })).not.toThrow(/hunter2/)
  })

  it('takes versions by topic, and the password from the environment', () => {
    const config = loadConfig({
      env: { STEERFLOW_REGISTRY_PASSWORD: 'hunter2', STEERFLOW_RECORDS_WRITE_VERSION: '{ conversations.scored: 1 }' },
    })
    expect(wireSettings(config)).toMatchObject({
      pinned: { 'conversations.scored': 1 },
      registry: { password: 'hunter2' },
    })
  })

  it('takes the namespace of the cluster', () => {
    const config = Config.parse({})
    expect(namespaceOf(config)).toBe('steerflow')
    expect(namespaceOf({ ...config, log: { kafka: { namespace: 'staging' } } as unknown as Config['log'] })).toBe(
      'staging',
    )
  })
})
