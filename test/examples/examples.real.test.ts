import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary.js'

const examples = readdirSync('examples').filter(name => readdirSync(join('examples', name)).includes('run.sh'))

/** A line of expected.txt that stands for any number of lines. */
const anyLines = '...'

/**
 * Compares an output with expectations: each is a regular expression for a whole line, in order.
 * Returns the first expectation that is not met and the line that stands in its place; null when all are.
 */
function unmet(output: string, expectations: string): { expected: string; got: string | undefined } | null {
  const lines = output.trimEnd().split('\n')
  let at = 0
  let skipping = false
  for (const expected of expectations.trimEnd().split('\n')) {
    if (expected === anyLines) {
      skipping = true
      continue
    }
    const pattern = new RegExp(`^${expected}$`)
    const first = lines[at]
    while (skipping && at < lines.length && !pattern.test(lines[at]!)) at++
    const got = lines[at]
    if (got === undefined || !pattern.test(got)) return { expected, got: skipping ? `${first ?? ''} …` : got }
    at++
    skipping = false
  }
  return skipping || at === lines.length ? null : { expected: 'the end', got: lines[at] }
}

it.each([
  ['one line', 'a\n', 'b\n', { expected: 'b', got: 'a' }],
  ['a line too many', 'a\nb\n', 'a\n', { expected: 'the end', got: 'b' }],
  ['a line too few', 'a\n', 'a\nb\n', { expected: 'b', got: undefined }],
  ['a line that never comes', 'a\nb\nc\n', 'a\n...\nx\n', { expected: 'x', got: 'b …' }],
  ['nothing', 'a\nb\nc\nd\n', 'a\n...\nc\n...\n', null],
])('the comparison sees %s', (_, output, expectations, difference) => {
  expect(unmet(output, expectations)).toEqual(difference)
})

it('finds examples', () => expect(examples.length).toBeGreaterThan(1))

it.each(examples)(
  '%s prints what it is expected to',
  async name => {
    const folder = resolve('examples', name)
    const child = spawn('bash', [join(folder, 'run.sh')], { cwd: await temporaryFolder() })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    const [code] = (await once(child, 'close')) as [number]
    expect(code, err).toBe(0)
    expect(unmet(out, readFileSync(join(folder, 'expected.txt'), 'utf8'))).toBeNull()
  },
  300_000,
)
