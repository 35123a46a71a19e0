import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attemptName } from '../../../src/adapters/launchers/attempt-name.js'
import { instanceOf } from '../../../src/adapters/launchers/instance.js'
import { job } from '../../support/training.js'
import { temporaryFolder } from '../../support/temporary.js'

const named = (name: string, attempt = 1) => attemptName(job({ job: name, attempt }), '0123abcd')

describe('attemptName', () => {
  it('is that of the job, with its attempt and data folder', () => {
    expect(named('value-model-dddddddddddd-baseline', 2)).toBe('value-model-dddddddddddd-baseline-2-0123abcd')
  })

  it.each(['9-lives-of-it', 'Some_Set.v2-trl', 'x'.repeat(100), '___', 'a.b', 'a_b'])(
    'fits every scheduler: %s',
    name => {
      expect(named(name)).toMatch(/^[a-z]([-a-z0-9]*[a-z0-9])?$/)
      expect(named(name).length).toBeLessThanOrEqual(63)
      expect(named(name)).toMatch(/-1-0123abcd$/)
    },
  )

  it('tells apart what would look the same', () => {
    const names = ['a.b', 'a_b', 'a-b', 'A-b', 'x'.repeat(100), 'x'.repeat(101)].map(name => named(name))
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('instanceOf', () => {
  it('is the same for all who ask, and another for another folder', async () => {
    const root = await temporaryFolder()
    const asked = await Promise.all([1, 2, 3, 4].map(() => instanceOf(root)))
    expect(new Set([...asked, await instanceOf(root)]).size).toBe(1)
    expect(asked[0]).toMatch(/^[0-9a-f]{8}$/)
    expect(await readdir(join(root, 'jobs'))).toEqual(['instance'])
    expect(await instanceOf(await temporaryFolder())).not.toBe(asked[0])
  })
})
