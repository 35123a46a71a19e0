#!/usr/bin/env node
import { explain } from '../domain/errors.js'
import { loadFailure } from './not-loaded.js'

try {
  // A dynamic import, so that a low limit of open files becomes a readable error.
  const { main } = await import('./own-program.js')
  await main(process.argv.slice(2))
} catch (thrown) {
  const error = loadFailure(thrown)
  process.stderr.write(`${error.code}: ${explain(error)}\n  next: ${error.next}\n`)
  process.exitCode = 1
}
