import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { KafkaSettings } from '../../src/adapters/log/kafka/settings.js'
import { logFileBytes, logFilesKept } from '../../src/cli/log/log-file.js'
import { defaultFanout } from '../../src/domain/fanout.js'
import { raw, topics } from '../../src/topics.js'

const kafka = KafkaSettings.parse({ brokers: ['a:1'] })
const words = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight']

/** A sentence of a document with numbers in it, and what they are in the code. */
const sentences: readonly (readonly [string, RegExp, readonly (string | number)[]])[] = [
  ['docs/deploy.md', /(\w+) partitions a topic, the default/, [words[raw.partitions]!]],
  ['README.md', /its session\s+ends after (\d+) s/, [kafka.sessionTimeoutMs / 1000]],
  ['GUARANTEES.md', /when the session has ended \((\d+) s\)/, [kafka.sessionTimeoutMs / 1000]],
  ['docs/benchmarks.md', /Of a take-over after SIGKILL (\d+) s are the session/, [kafka.sessionTimeoutMs / 1000]],
  ['docs/formats.md', /may become at most ([\d,]+) conversations/, [defaultFanout.paths.toLocaleString('en')]],
  ['docs/formats.md', /of at most ([\d,]+) turns/, [defaultFanout.turns.toLocaleString('en')]],
  ['docs/formats.md', /(\d+) MiB of text together/, [defaultFanout.bytes / 2 ** 20]],
  [
    'docs/operations.md',
    /a\s+file of at most (\d+) MiB, with (\w+) earlier/,
    [logFileBytes / 2 ** 20, words[logFilesKept]!.toLowerCase()],
  ],
]

it.each(sentences)('%s: %s is what the code says', (file, sentence, numbers) => {
  const found = sentence.exec(readFileSync(file, 'utf8'))
  expect(found?.slice(1), `the sentence is not in ${file} any more`).toEqual(numbers.map(String))
})

it('every topic has its four partitions or one', () => {
  expect(new Set(topics.map(({ partitions }) => partitions))).toEqual(new Set([raw.partitions, 1]))
})
