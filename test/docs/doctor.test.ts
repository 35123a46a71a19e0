import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Config } from '../../src/cli/config.js'
import { logChecks, machineChecks } from '../../src/cli/doctor/checks.js'
import type { Log } from '../../src/runtime/log.js'
import { tablesOf } from './markdown.js'

/** Check names of a cell: `node, disk`, or in bold those that runs make too. */
const namesIn = (cell: string): string[] =>
  cell
    .replaceAll('**', '')
    .replace(/ \(`.*`\)$/, '')
    .split(', ')

it('docs/operations.md lists every check of doctor', () => {
  const config = Config.parse({ sample: { endpoints: ['http://127.0.0.1:1'] } })
  // Only the names are read: no check is made, so the log is never asked.
  const log = { features: {}, usage: () => null, admin: {} } as unknown as Log
  const made = [...machineChecks(config, '.'), ...logChecks(config, log)].map(({ name }) => name)
  const [, section] = /\n## Doctor\n([^]*?)\n## /.exec(readFileSync('docs/operations.md', 'utf8'))!
  const listed = tablesOf(section!)[0]!.flatMap(([cell]) => namesIn(cell!))
  expect(listed.toSorted()).toEqual([...made, 'log records'].toSorted())
})
