import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allCommands } from '../../scripts/cli-page.js'
import { type ErrorCode, errorTable } from '../../src/domain/errors.js'

const table = 'domain/errors.ts'
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts') && name !== table)
  .map(name => readFileSync(join('src', name), 'utf8'))
  .join('\n')
const codes = Object.keys(errorTable) as ErrorCode[]

describe('the closed list of errors', () => {
  it('holds every code that the source names, and no other', () => {
    // Names of environment variables begin alike, and stand in property accesses.
    const named = new Set([...sources.matchAll(/'(STEERFLOW_[A-Z_]+)'/g)].map(([, code]) => code!))
    for (const variable of ['STEERFLOW_BASELINE_TOKEN', 'STEERFLOW_FLOW']) named.delete(variable)
    named.delete('STEERFLOW_WEBHOOK_SECRET')
    expect([...named].sort()).toEqual(codes.filter(code => named.has(code)).sort())
    // Thrown by the table's own file.
    named.add('STEERFLOW_BUG').add('STEERFLOW_STAGE_FAILED')
    expect(codes.filter(code => !named.has(code))).toEqual([])
  })

  it.each(codes)('%s says what it means and what to do, in sentences', code => {
    const { means, next } = errorTable[code]
    for (const text of [means, next]) expect(text).toMatch(/^[A-Z].*\.$/)
  })

  it.each(codes)('%s names commands that there are', code => {
    const { means, next } = errorTable[code]
    for (const [, command] of `${means} ${next}`.matchAll(/`(steerflow [a-z -]+)`/g)) {
      expect([...allCommands().keys()]).toContain(command!.replace(/ --.*/, '').trim())
    }
  })
})
