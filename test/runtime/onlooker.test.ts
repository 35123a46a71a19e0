import { expect, test } from 'vitest'
import { onlooker } from '../../src/runtime/onlooker.js'
import { testLog } from '../support/pipelines.js'

const spec = (name: string) => ({ name, partitions: 2, retention: { keep: 'forever' as const } })

test('whoever looks on sees a declared topic that is not there as empty, and makes none', async () => {
  const log = await testLog(['there'])
  const seen = onlooker(log, [spec('there'), spec('later')])
  await seen.ensure([spec('later')])
  expect(await seen.state('later')).toEqual([])
  expect(await seen.state('there')).toEqual(await log.state('there'))
  expect((await log.topics()).map(({ name }) => name)).not.toContain('later')
  await expect(seen.state('unknown')).rejects.toThrow('unknown')
  await log.ensure([spec('later')])
  expect(await seen.state('later')).toHaveLength(2)
})
