import { expect, test } from 'vitest'
import { next, phase } from '../../src/cli/commands/quickstart.js'

const row = (stage: string, taken: number, inFlight = 0) => ({ stage, in: taken, behind: 0, inFlight })

test.each([
  ['starting', [row('preprocess', 0, 1), row('launch', 0, 1)]],
  ['reading conversations', [row('preprocess', 1, 1), row('launch', 0, 1)]],
  ['training the value model', [row('preprocess', 1), row('launch', 1, 1), row('annotate', 0, 9)]],
  ['annotating every turn', [row('preprocess', 1), row('launch', 1), row('annotate', 1, 9)]],
  ['sealing datasets', [row('preprocess', 1), row('launch', 1), row('annotate', 9)]],
])('%s', (said, rows) => expect(phase(rows)).toBe(said))

test('what to type next can be typed as it stands, where the data is', () => {
  expect(next('.steerflow', 'start')[1]).toBe('npx steerflow datasets list')
  expect(next('mine', undefined)[1]).toBe('steerflow datasets list --data-dir mine')
  expect(next("it's mine", undefined)[1]).toBe(`steerflow datasets list --data-dir 'it'\\''s mine'`)
})
