import { asSteerflowError, SteerflowError } from '../domain/errors.js'

/** Open files with which a command is loaded with certainty. */
const enoughFiles = 1024

/**
 * Why a part of the program is not loaded. Node tells of a limit of open files that is too low as such, or says that a file
 * is not there that it could not open.
 */
export function loadFailure(thrown: unknown): SteerflowError {
  const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND'
  const { userLimits } = process.report.getReport() as unknown as {
    readonly userLimits: { readonly open_files: { readonly soft: number | string } }
  }
  const { soft } = userLimits.open_files
  if (!isMissing || !(Number(soft) < enoughFiles)) return asSteerflowError(thrown)
  return new SteerflowError('STEERFLOW_OPEN_FILES', `with ${soft} open files the program is not loaded`, {
    cause: thrown,
  })
}
