#!/usr/bin/env node
import { main } from './program.js'

/** What a shell reports of a program that wrote to a closed pipe: 128 + SIGPIPE. */
const brokenPipe = 141

// `steerflow tap … | head`: the reader has enough, which is no error worth a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(brokenPipe)
  throw error
})
// Without anybody to read the progress the work still goes on.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await main(process.argv.slice(2))
// What a client still tries behind a finished command must not keep it from ending.
setTimeout(() => process.exit(), 500).unref()
