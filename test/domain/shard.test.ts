import { describe, expect, it } from 'vitest'
import { DatasetName, liveManifests } from '../../src/domain/shard.js'
import { manifest } from '../support/training.js'

describe('liveManifests', () => {
  it('are those of the highest version', () => {
    const [old, one, two] = [manifest({ version: 1 }), manifest({ version: 2, from: '0' }), manifest({ version: 2 })]
    expect(liveManifests([old, one, two])).toEqual([one, two])
    expect(liveManifests([])).toEqual([])
  })
})

describe('DatasetName', () => {
  it.each(['steerlm', 'bootstrap-1', 'a.b_c'])('takes %s', name =>
    expect(DatasetName.safeParse(name).success).toBe(true),
  )
  it.each(['', '..', '.hidden', '-x', 'a/b', 'a b', 'ä'])('refuses %j as a folder name', name =>
    expect(DatasetName.safeParse(name).success).toBe(false),
  )
})
