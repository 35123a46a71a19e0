import { asSteerflowError, SteerflowError } from '../domain/errors.js'

/** A limit of open files that is certainly enough to load a command. */
const enoughFiles = 1024

/**
 * The error for a module that failed to load. Node reports a low limit of open files either directly, or as a missing file
 * that it could not open.
 */
export function loadFailure(thrown: unknown): SteerflowError {
  const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND'
  const { userLimits } = process.report.getReport() as unknown as {
    readonly userLimits: { readonly open_files: { readonly soft: number | string } }
  }
  const { soft } = userLimits.open_files
  if (!isMissing || !(Number(soft) < enoughFiles)) return asSteerflowError(thrown)
  return new SteerflowError('STEERFLOW_OPEN_FILES', `a limit of ${soft} open files is too low to load the program`, {
    cause: thrown,
  })
}
