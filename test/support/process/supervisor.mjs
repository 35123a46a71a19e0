// Runs one command, and ends it when the process that asked for it is gone, however that one ended.
import { spawn } from 'node:child_process'
import { openSync, rmSync } from 'node:fs'

const { command, args, log, remove } = JSON.parse(process.argv[2])
const out = openSync(log, 'a')
const child = spawn(command, args, { stdio: ['ignore', out, out] })
let orphaned = false

child.on('spawn', () => process.send({ pid: child.pid }))
child.on('error', error => {
  process.send({ error: error.message })
  process.disconnect()
})
child.on('exit', () => {
  if (orphaned) rmSync(remove, { recursive: true, force: true, maxRetries: 5 })
  else process.disconnect()
})
process.on('disconnect', () => {
  if (child.exitCode !== null || child.signalCode !== null) return
  orphaned = true
  child.kill('SIGKILL')
})
