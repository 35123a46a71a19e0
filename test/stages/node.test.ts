import { expect, it } from 'vitest'
import { reader } from '../../src/stages/node.js'
import * as topics from '../../src/topics.js'

const nested = (levels: number): string => '[{"a":'.repeat(levels / 2) + 'null' + '}]'.repeat(levels / 2)

it.each(topics.topics.map(topic => [topic.name, topic] as const))(
  'a record of %s is nested as deep as is said',
  (_, topic) => {
    const read = (levels: number) => () => reader(topic)(Buffer.from(`{"more":${nested(levels)}}`))
    const most = topic === topics.raw ? 32_768 : 510
    expect(read(most)).not.toThrow(/nested/)
    for (const levels of [most + 2, 100_000])
      expect(read(levels)).toThrow(
        expect.objectContaining({
          code: 'STEERFLOW_RECORD_INVALID',
          message: `${topic.name}: nested deeper than ${topic === topics.raw ? 32_769 : 512} levels`,
        }),
      )
  },
)
