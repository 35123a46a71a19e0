import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Guided, guidedFields } from '../../src/adapters/inference/protocols/guided.js'
import { protocolOf, protocols } from '../../src/adapters/inference/protocols/protocols.js'
import { classifyStatus } from '../../src/adapters/inference/protocols/status.js'
import { attributeSets } from '../../src/domain/attributes.js'
import { fencedBlocks, tablesOf } from './markdown.js'

const page = readFileSync('docs/protocols.md', 'utf8')
const [listed, guided, , verdicts] = tablesOf(page) as [string[][], string[][], string[][], string[][]]
const set = attributeSets['steerlm-9@1']

it('lists the protocols with their options and limits', () => {
  const table = Object.entries(protocols).map(([name, { takes }]) => {
    const { maxBatch, gives } = protocolOf(name, {}, set)
    return [name, takes, String(maxBatch), gives]
  })
  const named = (cell: string): string[] =>
    [...cell.matchAll(/(?:^|`)(model|guided|stream)(?:`|$)/g)].map(([, key]) => key!)
  expect(listed.map(([name, , , options, batch, gives]) => [name, named(options!), batch, gives])).toEqual(table)
})

it('lists the ways of guided decoding with their fields', () => {
  const paths = Guided.options.map(option => {
    const path = (value: unknown): string[] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, below]) => [key, ...path(below)])
        : []
    return [option, path(guidedFields(option, set)).join('.')]
  })
  expect(guided.map(([option, field]) => [option, field])).toEqual(paths)
})

it('says what each status means', () => {
  for (const [verdict, cell] of verdicts.filter(([verdict]) => verdict !== 'ok')) {
    const statuses = [...cell!.matchAll(/\b[345]\d\d\b/g)].map(([status]) => Number(status))
    expect(statuses.length).toBeGreaterThan(0)
    for (const status of statuses) expect(classifyStatus({ status, headers: {}, body: '' }).kind).toBe(verdict)
  }
})

it('prints the example as it is', () => {
  expect(fencedBlocks(page, 'ts')).toEqual([readFileSync('examples/05-own-protocol/tgi-generate.ts', 'utf8')])
})
