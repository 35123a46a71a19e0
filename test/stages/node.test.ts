import { expect, it } from 'vitest'
import { exampleConversation } from '../../src/domain/example-conversation.js'
import { clean } from '../../src/stages/clean.js'
import { node, reader } from '../../src/stages/node.js'
import { testPlace } from '../../src/stages/test-stage.js'
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

it.each<[string, unknown]>([
  ['undefined', undefined],
  ['hello', 'hello'],
  ['an object', { a: 1 }],
  ['an object', [{ to: 'elsewhere', value: {} }]],
])('a stage that returns %s in place of an emission is named', (what, returned) => {
  const stage = { ...clean, create: () => () => returned as never }
  const wired = node('own', stage, {
    from: topics.unscored,
    to: { kept: topics.unscoredClean, dropped: topics.dropped },
  })
  const runner = wired.start({}, { masker: {} } as never)
  if (runner.kind !== 'each') throw new Error('not an each')
  const value = Buffer.from(JSON.stringify(exampleConversation([{ value: 'a', from: 'User' }])))
  expect(() => runner.run(value, testPlace)).toThrow(
    `the stage clean returned ${what}, but not what to.kept(…) or to.dropped(…) makes`,
  )
})
