import { readLines } from '../../adapters/files/lines.js'
import { SteerflowError } from '../../domain/errors.js'

/**
 * Number of records, to estimate the remaining time. In a damaged file, counts the records before the damage.
 * @throws STEERFLOW_INPUT_NOT_FOUND if the file cannot be read; STEERFLOW_USAGE if it holds no records
 */
export async function countLines(path: string): Promise<number> {
  let count = 0
  try {
    for await (const lines of readLines(path)) count += lines.length
  } catch (error) {
    if (!(error instanceof SteerflowError) || error.code !== 'STEERFLOW_INPUT_TORN') throw error
  }
  return count
}
