import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { thisWorker } from '../../src/adapters/processes/worker.js'
import { endpointsReportTo, openLogger, reportTo } from '../../src/cli/logger.js'
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
  expect(line).toMatchObject({
    level: 'error',
    msg: 'clean failed: STEERFLOW_TOKENIZER: gone',
    node: 'clean',
    code: 'STEERFLOW_TOKENIZER',
  })
  expect(line.next).toContain('SentencePiece')
})

test('every line says who wrote it and when; an event cannot say otherwise', () => {
  const lines: string[] = []
  openLogger(io(false, lines), null).warn({ event: 'x', host: 'other', pid: 1, time: 0, level: 9 }, 'hello')
  const line = JSON.parse(lines.join('')) as Record<string, unknown>
  const { host, pid, run, worker } = thisWorker()
  expect(line).toMatchObject({ level: 'warn', host, pid, run, worker, msg: 'hello', eventHost: 'other', eventLevel: 9 })
  expect(line.version).toMatch(/^\d+\.\d+\.\d+/)
  expect(new Date(line.time as string).toISOString()).toBe(line.time)
})

test('a level that there is not is refused with those that there are', () => {
  vi.stubEnv('STEERFLOW_LOG_LEVEL', 'loud')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(() => openLogger(io(false), null)).toThrow('fatal, error, warn, info, debug, silent')
})

test('the words of a line say more than its event', () => {
  const lines: string[] = []
  const logger = openLogger({ err: line => lines.push(line), interactive: false }, null)
  const report = reportTo(logger)
  report({ event: 'assigned', node: 'clean', partition: 1, offset: '7' })
  report({ event: 'dead-letter', node: 'clean', code: 'STEERFLOW_UNMASKABLE', partition: 1, offset: '9' })
  report({ event: 'paused', node: 'clean', partition: 1, code: 'STEERFLOW_STORAGE', cause: 'gone' })
  report({ event: 'waiting-for', what: 'an active value model' })
  const tell = endpointsReportTo(logger)
  tell({ event: 'endpoint-joined', url: 'http://a' })
  tell({
    event: 'endpoint-asked',
    url: 'http://a',
    by: 'attributes',
    reason: '3 answers in a row contained no whole label line',
  })
  tell({ event: 'outage', cause: 'status 503' })
  const said = lines.map(line => JSON.parse(line) as { event: string; msg: string })
  expect(said.filter(({ event, msg }) => msg === event)).toEqual([])
  expect(said.map(({ msg }) => msg)).toEqual([
    'clean, partition 1: resumes at offset 7',
    'clean, partition 1: the record at offset 9 was rejected: STEERFLOW_UNMASKABLE',
    'clean, partition 1: paused: STEERFLOW_STORAGE: gone',
    'waits for an active value model',
    'http://a joined',
    'http://a is asked attribute by attribute: 3 answers in a row contained no whole label line',
    'no server answers: status 503',
  ])
})
