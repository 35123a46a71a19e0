import { expect, it } from 'vitest'
import { describeWith } from '../support/parts/describe-with.js'
import { bench, partsOf, tinyRun } from './tiny.js'

const here = ['preprocess', 'annotate', 'log', 'fleet', 'sink']
const besidePython = ['clean', 'bootstrap']

it('no benchmark is left out, here and in tiny.kafka.test.ts', async () => {
  const known = /known: (.*)/.exec((await bench('nothing')).err)![1]!.split(', ')
  expect(known.toSorted()).toEqual([...here, ...besidePython, 'kafka'].toSorted())
})

it.each(here)('every part of %s runs', async name => {
  expect(await tinyRun(name)).toEqual(await partsOf(name))
})

const withPython = await describeWith('bench-python')

withPython('benchmarks beside a Python program', () => {
  it.each(besidePython)('every part of %s runs', async name => {
    expect(await tinyRun(name)).toEqual(await partsOf(name))
  })
})

it('prints the help of what is named in the place of measuring it', async () => {
  const { code, out, err } = await bench('fleet', '--help')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^Usage: npm run bench/)
  for (const part of await partsOf('fleet')) expect(out).toContain(part)
  expect(out).not.toContain('preprocess')
})

it.each([
  [['nothing'], 'no benchmark is called nothing; known: preprocess'],
  [['fleet', '--only', 'equal,most'], 'fleet has no part most; its parts: equal, unequal'],
  [['--only', 'equal'], '--only wants the name of one benchmark'],
  [['log', '--fast'], "Unknown option '--fast'"],
  [['log', '--record', '--tiny'], '--record and --tiny exclude each other'],
])('%j is a wrong command line', async (args, why) => {
  const { code, out, err } = await bench(...args)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(why)
  expect(err).toContain('next: npm run bench -- --help')
})
