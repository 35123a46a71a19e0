import type { Log } from '../../runtime/log.js'
import { Waits } from '../../runtime/waits.js'
import { tellWaits } from '../render/waits.js'
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
 * @param seen called regularly with the number of records read so far
 */
export const deepCheck = (log: Log, seen: (records: number) => void): Check => ({
  name: 'log records',
  look: () => wholeLog(log, seen),
})

async function wholeLog(log: Log, seen: (records: number) => void): Promise<Finding> {
  if (!log.verify) return ok('brokers verify their own checksums')
  const { records, unchecked, damaged, missing, told } = await log.verify(seen)
  if (damaged + missing > 0) {
    const sums = `${thousands(damaged)} damaged and ${thousands(missing)} missing of ${thousands(records + missing)} records`
    const more = damaged + missing > told.length ? '; …' : ''
    return fail(
      `${sums}: ${told.join('; ')}${more}`,
      'Check the disk and the memory of the machine; restore the data folder from a copy, or skip the damaged records: docs/operations.md#a-record-is-damaged',
    )
  }
  const fine = `${thousands(records)} records match their checksums`
  if (unchecked === 0) return ok(fine)
  return warn(
    `${thousands(records - unchecked)} records match their checksums; ${thousands(unchecked)} were written by an earlier version and have none`,
    'Nothing to do: new records have a checksum.',
  )
}

/** `doctor`: checks everything that a run needs and says how to repair what is missing. */
export const doctor: Verb = (program, session) => {
  const command = program
    .command('doctor')
    .description(
      'Check the machine, the log, its brokers and servers, and give the next steps; exit code 1 if a check fails.',
    )
    .option('--deep', 'also read every record of the embedded log and compare it with its checksum')
    .option('--json', 'print JSON')
  withConfig(command).action(async (flags: ConfigFlags & { deep?: true; json?: true }) => {
    let told = performance.now()
    const seen = (records: number): void => {
      if (performance.now() - told < progressMs) return
      told = performance.now()
      session.err(`${thousands(records)} records read\n`)
    }
    const waits = new Waits(tellWaits(session))
    const checked = await examined(configOf(flags), waits, flags.deep ? log => [deepCheck(log, seen)] : () => [])
    if (flags.json) await session.json(checked)
    else await session.out(`${lines(checked).join('\n')}\n`)
    if (checked.some(({ state }) => state === 'fail')) session.exit(exitCodes.failed)
  })
}

/** Interval of progress messages, in milliseconds. */
const progressMs = 1000

async function examined(
  config: Config,
  waits: Waits,
  more: (log: Log) => readonly Check[],
): Promise<readonly Checked[]> {
  const machine = await examine(machineChecks(config, resolve(config.dataDir), waits))
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
