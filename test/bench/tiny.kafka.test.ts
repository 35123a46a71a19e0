import { expect, it } from 'vitest'
import { describeWith } from '../support/parts/describe-with.js'
import { partsOf, tinyRun } from './tiny.js'

const withKafka = await describeWith('kafka')

withKafka('the benchmark on a broker of its own', () => {
  it('every part of kafka runs', async () => {
    expect(await tinyRun('kafka')).toEqual(await partsOf('kafka'))
  })
})
