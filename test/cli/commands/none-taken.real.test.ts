import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runMain } from '../../support/run-main.js'
import { temporary } from '../../support/pipelines.js'

const unreadable = 'no JSON\n'.repeat(3)

/** A folder with a source of which nothing can be taken. */
function withSource(text = unreadable) {
  const dir = temporary()
  const file = join(dir, 'source.jsonl')
  writeFileSync(file, text)
  return { dir, file }
}

test.each([unreadable, ''])('quickstart with nothing but %j trains no model of other conversations', async text => {
  const { dir, file } = withSource(text)
  const run = () => runMain(['quickstart', file, '--format', 'sharegpt', '--data-dir', dir])
  for (const { code, err } of [await run(), await run()]) {
    expect(code).toBe(3)
    const words = text === '' ? 'source.jsonl is empty' : 'source.jsonl: none of its 3 records was ingested'
    expect(err).toContain(words)
    const last = JSON.parse(err.trim().split('\n').at(-1)!) as Record<string, unknown>
    expect(last).toMatchObject({ event: 'ended', level: 'warn', exitCode: 3 })
  }
  expect((await runMain(['models', 'list', '--data-dir', dir])).out).toBe('no models\n')
})

const chat = (answer: string) =>
  JSON.stringify({
    messages: [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: answer },
    ],
  })

test('a run that leaves out everything says so, and ends with exit code 3', async () => {
  const { dir, file } = withSource(`${chat('')}\n${chat('\u200b')}\n`)
  await runMain(['ingest', file, '--data-dir', dir])
  const { code, err } = await runMain(['run', '--nodes', 'preprocess', '--until-idle', '--data-dir', dir])
  expect(code).toBe(3)
  expect(err).toContain(
    '2 left out: preprocess 2; steerflow tap conversations.dropped --values shows why; nothing passed preprocess',
  )
})

test('a run that leaves out some says how many, and is a success', async () => {
  const { dir, file } = withSource(`${chat('')}\n${chat('a')}\n`)
  await runMain(['ingest', file, '--data-dir', dir])
  const { code, err } = await runMain(['run', '--nodes', 'preprocess', '--until-idle', '--data-dir', dir])
  expect(code).toBe(0)
  expect(err).toContain('1 left out: preprocess 1;')
})
