#!/usr/bin/env node
import { explain } from '../domain/errors.js'
import { loadFailure } from './not-loaded.js'

try {
  // Imported here, so that a machine that cannot open hundreds of files is told so in words.
  const { main } = await import('./own-program.js')
  await main(process.argv.slice(2))
} catch (thrown) {
  const error = loadFailure(thrown)
  process.stderr.write(`${error.code}: ${explain(error)}\n  next: ${error.next}\n`)
  process.exitCode = 1
}
