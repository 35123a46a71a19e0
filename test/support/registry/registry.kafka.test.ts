import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../parts/describe-with.js'
import { type Registry, startRegistry } from './registry.js'

const describeRegistry = await describeWith('registry')

describeRegistry('the schema registry', () => {
  let registry: Registry
  beforeAll(async () => {
    registry = await startRegistry()
  })
  afterAll(() => registry?.stop())

  const subject = `subject-${Date.now()}`
  const register = (properties: object) => {
    const schema = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', additionalProperties: false }
    return fetch(`${registry.url}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schemaType: 'JSON', schema: JSON.stringify({ ...schema, properties }) }),
    })
  }

  it('lists its subjects', async () => {
    const response = await fetch(`${registry.url}/subjects`)
    expect(response.status).toBe(200)
    expect(await response.json()).toBeInstanceOf(Array)
  })

  it('takes a compatible schema and refuses an incompatible one', async () => {
    expect((await register({ a: { type: 'string' } })).status).toBe(200)
    expect((await register({ a: { type: 'string' }, b: { type: 'string' } })).status).toBe(200)
    expect((await register({ a: { type: 'integer' } })).status).toBe(409)
  })
})
