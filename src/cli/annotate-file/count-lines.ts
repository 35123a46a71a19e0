import { readBytes } from '../../adapters/files/bytes.js'
import { SteerflowError } from '../../domain/errors.js'

const lineEnd = 10

/**
 * Approximate number of lines, to estimate the remaining time: counts `
 * `, and a last line without one. In a damaged file, counts the lines before the damage.
 * @throws STEERFLOW_INPUT_NOT_FOUND if the file cannot be read
 */
export async function countLines(path: string): Promise<number> {
  let lines = 0
  let last: number | undefined = lineEnd
  try {
    for await (const chunk of readBytes(path)) {
      for (let at = chunk.indexOf(lineEnd); at !== -1; at = chunk.indexOf(lineEnd, at + 1)) lines++
      last = chunk.at(-1)
    }
  } catch (error) {
    if (!(error instanceof SteerflowError) || error.code !== 'STEERFLOW_INPUT_TORN') throw error
  }
  return last === lineEnd ? lines : lines + 1
}
