import type { Log } from '../../runtime/log.js'
import { thousands, table } from '../render/bars.js'
import { type Check, fail, type Finding, ok, warn, type Checked, examine } from '../doctor/check.js'
import { resolve } from 'node:path'
import { exitCodes, type Verb } from '../command.js'
import type { Config } from '../config.js'
import { closedLog, logChecks, machineChecks } from '../doctor/checks.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { openWorkspace } from '../workspace.js'

/**
 * The check that reads the whole log.
 * @param seen told now and then how many records were read
 */
export const deepCheck = (log: Log, seen: (records: number) => void): Check => ({
  name: 'log records',
  look: () => wholeLog(log, seen),
})

async function wholeLog(log: Log, seen: (records: number) => void): Promise<Finding> {
  if (!log.verify) return ok('brokers compare what they store with its checksums themselves')
  const { records, unchecked, damaged, missing, told } = await log.verify(seen)
  if (damaged + missing > 0) {
    const sums = `${thousands(damaged)} damaged and ${thousands(missing)} missing of ${thousands(records + missing)} records`
    const more = damaged + missing > told.length ? '; …' : ''
    return fail(
      `${sums}: ${told.join('; ')}${more}`,
      'Check the disk and the memory of the machine; restore the data folder from a copy, or pass what is damaged by: docs/operations.md#a-record-is-damaged',
    )
  }
  const fine = `${thousands(records)} records are what was written`
  if (unchecked === 0) return ok(fine)
  return warn(
    `${thousands(records - unchecked)} records are what was written; ${thousands(unchecked)} are of an earlier version and have no checksum`,
    'Nothing: what is written from now on has one.',
  )
}

/** `doctor`: whether everything is there that a run needs, and what to do where it is not. */
export const doctor: Verb = (program, session) => {
  const command = program
    .command('doctor')
    .description('Check the machine, the log, its brokers and servers, and say what to do; exit code 1 when one fails.')
    .option('--deep', 'also read every record of the embedded log and compare it with its checksum')
    .option('--json', 'print JSON')
  withConfig(command).action(async (flags: ConfigFlags & { deep?: true; json?: true }) => {
    let told = performance.now()
    const seen = (records: number): void => {
      if (performance.now() - told < progressMs) return
      told = performance.now()
      session.err(`${thousands(records)} records read\n`)
    }
    const checked = await examined(configOf(flags), flags.deep ? log => [deepCheck(log, seen)] : () => [])
    if (flags.json) await session.json(checked)
    else await session.out(`${lines(checked).join('\n')}\n`)
    if (checked.some(({ state }) => state === 'fail')) session.exit(exitCodes.failed)
  })
}

/** How often a long look says how far it is, in milliseconds. */
const progressMs = 1000

async function examined(config: Config, more: (log: Log) => readonly Check[]): Promise<readonly Checked[]> {
  const machine = await examine(machineChecks(config, resolve(config.dataDir)))
  const opened = await openWorkspace(config, { makeTopics: false, looks: true }).catch((error: unknown) => ({ error }))
  if ('error' in opened) return [...machine, ...(await examine([closedLog(opened.error)]))]
  try {
    return [...machine, ...(await examine([...logChecks(config, opened.log), ...more(opened.log)]))]
  } finally {
    await opened.close()
  }
}

function lines(checked: readonly Checked[]): readonly string[] {
  const width = Math.max(...checked.map(({ check }) => check.length))
  const rows = table(
    [['check', 'state', 'detail'], ...checked.map(({ check, state, detail }) => [check, state, detail])],
    [0, 1, 2],
  )
  return rows.flatMap((row, at) => {
    const todo = at > 0 ? checked[at - 1]!.todo : null
    return todo === null ? [row] : [row, `${' '.repeat(width + 2)}→ ${todo}`]
  })
}
