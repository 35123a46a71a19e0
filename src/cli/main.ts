#!/usr/bin/env node
import { asSteerflowError, explain, SteerflowError } from '../domain/errors.js'

/** Open files with which all of the program is imported with certainty. */
const enoughFiles = 1024

try {
  // Imported here, so that a machine that cannot open hundreds of files is told so in words.
  const { main } = await import('./own-program.js')
  await main(process.argv.slice(2))
} catch (thrown) {
  const error = failureOf(thrown as Error)
  process.stderr.write(`${error.code}: ${explain(error)}\n  next: ${error.next}\n`)
  process.exitCode = 1
}

/** Node tells of a limit that is too low as such, or says that a file is not there that it could not open. */
function failureOf(thrown: Error): SteerflowError {
  const isMissing = 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND'
  const { userLimits } = process.report.getReport() as unknown as {
    readonly userLimits: { readonly open_files: { readonly soft: number | string } }
  }
  const { soft } = userLimits.open_files
  if (!isMissing || !(Number(soft) < enoughFiles)) return asSteerflowError(thrown)
  return new SteerflowError('STEERFLOW_OPEN_FILES', `with ${soft} open files the program is not loaded`, {
    cause: thrown,
  })
}
