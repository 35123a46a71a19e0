import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SchemaStatus } from '../../../src/adapters/registry/publish-schemas.js'
import { runCli } from '../../support/cli.js'
import { describeWith } from '../../support/parts/describe-with.js'
import { type Registry, startRegistry } from '../../support/registry/registry.js'

const { schemas: versions } = JSON.parse(readFileSync('schemas/index.json', 'utf8')) as { schemas: unknown[] }

const describeRegistry = await describeWith('registry')

describeRegistry('schemas with a real registry', () => {
  let registry: Registry
  beforeAll(async () => {
    registry = await startRegistry()
  })
  afterAll(() => registry?.stop())

  const namespace = `cli-${Date.now()}`
  const run = async (namespace: string, ...args: string[]) => {
    const ended = await runCli(['schemas', ...args, '--namespace', namespace, '--set', `registry.url=${registry.url}`])
    const rows = () =>
      ended.stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as SchemaStatus)
    return { ...ended, rows, states: () => new Set(rows().map(({ state }) => state)) }
  }

  it('says what is missing, registers it, and finds it', async () => {
    const before = await run(namespace, 'check', '--json')
    expect([before.code, before.states()]).toEqual([1, new Set(['missing'])])

    const dry = await run(namespace, 'register', '--dry-run', '--json')
    expect([dry.code, dry.states()]).toEqual([0, new Set(['missing'])])
    expect((await run(namespace, 'check')).code).toBe(1)

    const registered = await run(namespace, 'register', '--json')
    expect([registered.code, registered.states()]).toEqual([0, new Set(['registered'])])
    expect(registered.rows()).toHaveLength(versions.length)
    expect(new Set(registered.rows().map(({ compatibility }) => compatibility))).toEqual(new Set(['BACKWARD']))

    const after = await run(namespace, 'check', '--json')
    expect(after.code).toBe(0)
    expect(after.rows().map(({ subject, id }) => [subject, id])).toEqual(
      registered.rows().map(({ subject, id }) => [subject, id]),
    )
    expect((await run(namespace, 'check')).stdout).toMatch(
      new RegExp(`^${namespace}\\.conversations\\.scored-value +1 +\\d+ +registered +BACKWARD$`, 'm'),
    )
  })

  it('shows why the registry refuses a version, registers the others, and exits with 1', async () => {
    const other = `${namespace}-other`
    const subject = `${other}.conversations.scored-value`
    const schema = { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Conversation', type: 'array' }
    const put = await fetch(`${registry.url}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schemaType: 'JSON', schema: JSON.stringify(schema) }),
    })
    expect(put.status).toBe(200)
    const level = await fetch(`${registry.url}/config/${subject}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ compatibility: 'BACKWARD' }),
    })
    expect(level.status).toBe(200)

    const checked = await run(other, 'check', '--json')
    expect(checked.code).toBe(1)
    expect(checked.rows().find(row => row.subject === subject)!.state).toBe('incompatible')

    const registered = await run(other, 'register', '--json')
    expect(registered.code).toBe(1)
    const refused = registered.rows().filter(({ state }) => state === 'incompatible')
    expect(refused).toMatchObject([{ subject, state: 'incompatible', id: null }])
    expect(refused[0]!.detail).toMatch(/[Ii]ncompatible/)
    const shown = await run(other, 'register')
    expect(shown.code).toBe(1)
    expect(shown.stdout).toMatch(/incompatible +BACKWARD +.*[Ii]ncompatible/)
  })
})
