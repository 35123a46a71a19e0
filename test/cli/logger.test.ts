import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLogger, reportTo } from '../../src/cli/logger.js'
import { temporary } from '../support/pipelines.js'

const io = (interactive: boolean, lines: string[] = []) => ({
  out: () => undefined,
  err: (text: string) => void lines.push(text),
  interactive,
  columns: 80,
})

test('secrets are left out wherever they stand', () => {
  const lines: string[] = []
  const logger = openLogger(io(false, lines), '/unused')
  logger.info(
    {
      token: 's3cret',
      server: { authorization: 's3cret', options: { password: 's3cret' } },
      sasl: { clientSecret: 's3cret' },
    },
    'hello',
  )
  expect(lines.join('')).toContain('hello')
  expect(lines.join('')).not.toContain('s3cret')
})

test('where a terminal shows the table, the log is a file', () => {
  const root = temporary()
  const report = reportTo(openLogger(io(true), root))
  report({ event: 'failed', node: 'clean', code: 'STEERFLOW_TOKENIZER', cause: 'gone' })
  const line = JSON.parse(readFileSync(join(root, 'run.log'), 'utf8')) as Record<string, unknown>
  expect(line).toMatchObject({ level: 50, msg: 'failed', node: 'clean', code: 'STEERFLOW_TOKENIZER' })
})
