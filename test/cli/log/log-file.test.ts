import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { logFilesKept, rotatingFile } from '../../../src/cli/log/log-file.js'
import { temporary } from '../../support/pipelines.js'

const never = (error: unknown): never => {
  throw error
}

it('does not grow for ever: the latest lines are kept in their order, in files of the size allowed', () => {
  const root = temporary()
  const file = rotatingFile(join(root, 'logs', 'run.log'), never, 100)
  for (let number = 100; number < 200; number++) file.write(`line ${number}\n`)
  const names = readdirSync(join(root, 'logs')).sort()
  expect(names).toEqual(['run.log', 'run.log.1', 'run.log.2', 'run.log.3'])
  expect(names).toHaveLength(1 + logFilesKept)
  for (const name of names) expect(statSync(join(root, 'logs', name)).size).toBeLessThanOrEqual(100)
  const lines = names.reverse().flatMap(name =>
    readFileSync(join(root, 'logs', name), 'utf8')
      .trimEnd()
      .split('\n'),
  )
  expect(lines).toEqual(Array.from({ length: lines.length }, (_, index) => `line ${200 - lines.length + index}`))
  expect(lines.length).toBeGreaterThan(30)
})

it('goes on where an earlier run was, and beside another', () => {
  const path = join(temporary(), 'run.log')
  const [one, other] = [rotatingFile(path, never, 60), rotatingFile(path, never, 60)]
  for (let number = 0; number < 10; number++) {
    one.write(`one ${number}\n`)
    other.write(`other ${number}\n`)
  }
  const text = ['.2', '.1', ''].map(end => readFileSync(`${path}${end}`, 'utf8')).join('')
  expect(text).toBe(Array.from({ length: 10 }, (_, number) => `one ${number}\nother ${number}\n`).join(''))
})

it('tells once that it cannot be written, and stops nothing', () => {
  const path = join(temporary(), 'run.log')
  mkdirSync(path)
  const told: unknown[] = []
  const file = rotatingFile(path, error => told.push(error))
  file.write('a\n')
  file.write('b\n')
  expect(told).toHaveLength(1)
})
