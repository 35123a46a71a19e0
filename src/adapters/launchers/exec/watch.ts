import { spawn } from 'node:child_process'
import { syncFolder } from '../../storage/durable.js'
import { ownIdentity } from '../../processes/identity.js'
import { type Exit, takeAttempt, writeExit } from './attempt.js'

/**
 * The process between the pipeline and a job: leads the job's process group, takes the attempt, runs the command, and
 * records its end even if the pipeline is long gone.
 * Usage: node watch.js FOLDER PROGRAM ARGUMENTS…
 */
const [folder, program, ...args] = process.argv.slice(2) as [string, string, ...string[]]

const run = (): Promise<Exit> =>
  new Promise(resolve => {
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', error => resolve({ code: null, signal: null, error: error.message }))
    child.on('exit', (code, signal) => resolve({ code, signal, error: null }))
  })

// A cancellation goes to the whole group; this process outlives it to record how the job took it.
process.on('SIGTERM', () => undefined)

if (await takeAttempt(folder, await ownIdentity())) {
  await syncFolder(folder)
  await writeExit(folder, await run())
}
