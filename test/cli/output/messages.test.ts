import { expect, test } from 'vitest'
import { Messages } from '../../../src/cli/output/messages.js'
import { ReaderGone } from '../../../src/cli/output/output.js'

/** An output whose reader takes nothing before it is told to. */
function slowOutput() {
  const written: string[] = []
  let release = (): void => undefined
  const released = new Promise<void>(resolve => (release = resolve))
  const output = {
    waiting: 0,
    write: async (chunk: string | Uint8Array) => {
      written.push(String(chunk))
      output.waiting += Buffer.byteLength(chunk)
      await released
    },
    drained: () => released,
  }
  const read = (): void => {
    output.waiting = 0
    release()
  }
  return { output, written, read }
}

const line = `${'x'.repeat(1023)}\n`

test('what a reader of messages is too slow for is left out, and the number is said when it reads again', () => {
  const { output, written, read } = slowOutput()
  const messages = new Messages(output)
  for (let sent = 0; sent < 10_000; sent++) messages.write(line)
  const kept = written.length
  expect(kept).toBeLessThan(4200)
  read()
  messages.write('again\n')
  messages.write('and again\n')
  const note = `{"leftOut":${10_000 - kept},"note":"messages dropped because the reader was too slow"}\n`
  expect(written.slice(kept)).toEqual([`${note}again\n`, 'and again\n'])
})

test('at the end the reader is waited for, and told what it did not get', async () => {
  const { output, written, read } = slowOutput()
  const messages = new Messages(output)
  for (let sent = 0; sent < 5000; sent++) messages.write(line)
  let ended = false
  const end = messages.drained().then(() => (ended = true))
  await Promise.resolve()
  expect(ended).toBe(false)
  read()
  await end
  expect(written.at(-1)).toContain('leftOut')
})

test('a reader of messages that is gone ends nothing', async () => {
  const gone = () => Promise.reject(new ReaderGone('standard error has no reader'))
  const messages = new Messages({ waiting: 0, write: gone, drained: gone })
  messages.write('to nobody\n')
  await expect(messages.drained()).resolves.toBeUndefined()
})
