import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { rules } from '../../src/trainers/lint/lint.js'
import { trainers } from '../../src/trainers/trainers.js'
import { tablesOf } from './markdown.js'

const [listed, ruled] = tablesOf(readFileSync('docs/trainers.md', 'utf8')) as [string[][], string[][]]

it('lists every trainer with its role', () => {
  expect(listed.map(([name, role]) => [name, role])).toEqual(trainers.map(({ name, role }) => [name, role]))
})

it('lists every rule of jobs lint', () => {
  expect(ruled).toEqual(rules.map(({ id, severity, title }) => [id, severity, title]))
})
