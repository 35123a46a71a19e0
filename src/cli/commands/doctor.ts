import { resolve } from 'node:path'
import { exitCodes, type Verb } from '../command.js'
import { type Config } from '../config.js'
import { type Checked, examine } from '../doctor/check.js'
import { closedLog, logChecks, machineChecks } from '../doctor/checks.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { table } from '../render/bars.js'
import { openWorkspace } from '../workspace.js'

/** `doctor`: whether everything is there that a run needs, and what to do where it is not. */
export const doctor: Verb = (program, session) => {
  const command = program
    .command('doctor')
    .description('Check the machine, the log, its brokers and servers, and say what to do; exit code 1 when one fails.')
    .option('--json', 'print JSON')
  withConfig(command).action(async (flags: ConfigFlags & { json?: true }) => {
    const checked = await examined(configOf(flags))
    if (flags.json) session.out(`${JSON.stringify(checked)}\n`)
    else session.out(`${lines(checked).join('\n')}\n`)
    if (checked.some(({ state }) => state === 'fail')) session.exit(exitCodes.failed)
  })
}

async function examined(config: Config): Promise<readonly Checked[]> {
  const machine = await examine(machineChecks(config, resolve(config.dataDir)))
  const opened = await openWorkspace(config, { makeTopics: false }).catch((error: unknown) => ({ error }))
  if ('error' in opened) return [...machine, ...(await examine([closedLog(opened.error)]))]
  try {
    return [...machine, ...(await examine(logChecks(config, opened.log)))]
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
