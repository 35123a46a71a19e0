import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AskedReply } from '../../../src/cli/ask/ask.js'
import { openSession } from '../../../src/cli/output/session.js'
import { oneLine, table } from '../../../src/cli/render/bars.js'
import { comparison } from '../../../src/cli/render/comparison.js'
import { Live } from '../../../src/cli/render/live.js'
import { progress } from '../../../src/cli/render/progress.js'
import { endingText } from '../../../src/cli/render/trace.js'

const acting = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/
/** The sequences with which we draw in place. */
const ours = /\r?\x1b\[(?:\d+A\x1b\[J|K)/g

const hostile = fc
  .array(
    fc.oneof(fc.constantFrom('\x1b[2J', '\x9b', '\x07', '\n', '\t', '\r', '\u202e', '\u2066', '\x7f'), fc.string()),
  )
  .map(parts => parts.join(''))

/** What a terminal gets of what is printed. */
function onTerminal(print: (session: ReturnType<typeof openSession>) => void): string {
  let text = ''
  const add = (more: string | Uint8Array): void => void (text += String(more))
  print(openSession({ out: add, err: add, interactive: true, terminal: true, columns: 200 }))
  return text.replaceAll(ours, '')
}

test('a table has one line a row, and nothing in it acts', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hostile, hostile), { minLength: 1 }), rows => {
      const lines = table(rows)
      expect(lines).toHaveLength(rows.length)
      for (const line of lines) expect(line).not.toMatch(/[\n\t]/)
      expect(lines.join('\n')).not.toMatch(acting)
    }),
  )
})

test('whatever shows a text of others shows nothing that acts', () => {
  const rows = (node: string) => [
    { node, stage: node, in: 1, out: 1, behind: 1, inFlight: 0, held: 0, deadLettered: 0 },
  ]
  const reply = (answer: string): AskedReply => ({
    ...{ label: 'quality:4', answer, finish: 'stop', tokens: null, seconds: 1, model: 'm', predicted: null },
  })
  const ending = (text: string) => ({
    ...{ kind: 'dropped', node: text, reason: text, detail: text, place: text, at: text, replayed: false },
  })
  fc.assert(
    fc.property(hostile, text => {
      const printed = [
        oneLine(text, 80),
        onTerminal(session => new Live(session, undefined as never, () => 1e6).show(rows(text), text)),
        onTerminal(session => progress(session, text, text, 3).done(text)),
        onTerminal(session => void session.out(comparison([reply(text), reply(text)], 80))),
        onTerminal(session => void session.out(endingText(ending(text) as Parameters<typeof endingText>[0]))),
        onTerminal(session => void session.json({ [text]: text })),
        onTerminal(session => void session.data(text)),
        onTerminal(session => session.err(text)),
      ]
      for (const one of printed) expect(one.replaceAll('\r\n', '\n')).not.toMatch(acting)
    }),
  )
})
