import { spawn } from 'node:child_process'
import { ownIdentity } from '../../processes/identity.js'
import { syncFolder } from '../../storage/durable.js'
import { type Exit, takeAttempt, WatchedAttempt, writeExit } from './attempt.js'

/**
 * The process between the pipeline and a job: it leads the job's process group, takes the attempt, runs its steps one after
 * another until one fails, and records the end even if the pipeline is long gone.
 * Usage: node watch.js FOLDER STEPS, where STEPS is a WatchedAttempt as JSON
 */
const [folder, text] = process.argv.slice(2) as [string, string]
const { steps, env, workdir } = WatchedAttempt.parse(JSON.parse(text))

const run = ([program, ...args]: readonly string[]): Promise<Omit<Exit, 'step'>> =>
  new Promise(resolve => {
    const child = spawn(program!, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      ...(workdir !== null && { cwd: workdir }),
    })
    child.on('error', error => resolve({ code: null, signal: null, error: error.message }))
    child.on('exit', (code, signal) => resolve({ code, signal, error: null }))
  })

async function runSteps(): Promise<Exit> {
  let exit: Exit = { code: 0, signal: null, error: null, step: null }
  for (const [index, step] of steps.entries()) {
    const which = steps.length === 1 ? null : `step ${index + 1} of ${steps.length}`
    exit = cancelled
      ? { code: null, signal: 'SIGTERM', error: null, step: which }
      : { ...(await run(step)), step: which }
    if (exit.code !== 0) return exit
  }
  return exit
}

/** A cancellation goes to the whole group; this process survives it to record the job's end. */
let cancelled = false
process.on('SIGTERM', () => (cancelled = true))

if (await takeAttempt(folder, await ownIdentity())) {
  await syncFolder(folder)
  await writeExit(folder, await runSteps())
}
