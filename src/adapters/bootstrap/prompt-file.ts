import { createReadStream } from 'node:fs'
import { createHash } from 'node:crypto'
import { BootstrapPrompt } from '../../domain/bootstrap/candidates.js'
import type { Round } from '../../domain/bootstrap/round.js'
import { SteerflowError } from '../../domain/errors.js'
import { loosen } from '../../domain/loose.js'
import { below } from '../storage/below.js'
import { storing } from '../storage/durable.js'
import { linesOf } from '../storage/shard-lines.js'

const LoosePrompt = loosen(BootstrapPrompt)

/** Lines between two stored positions. */
const stride = 1000

/** The file with the prompts of a round, read by ranges of lines. */
export class PromptFile {
  private constructor(
    private readonly path: string,
    private readonly lines: number,
    /** Positions of the lines 0, `stride`, 2 × `stride`, …, and of the end of the file. */
    private readonly places: readonly number[],
  ) {}

  /**
   * Reads the file once. @throws STEERFLOW_STORAGE if it is missing or differs from the one that the round was opened
   * with.
   */
  static open(root: string, { round, prompts }: Round): Promise<PromptFile> {
    return storing(`read the prompts of ${round}`, async () => {
      const path = below(root, prompts.path)
      const hash = createHash('sha256')
      const places = [0]
      let [lines, bytes] = [0, 0]
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
        hash.update(chunk)
        for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, end + 1)) {
          if (++lines % stride === 0) places.push(bytes + end + 1)
        }
        bytes += chunk.byteLength
      }
      if (hash.digest('hex') !== prompts.sha256 || lines !== prompts.count) {
        throw new SteerflowError(
          'STEERFLOW_STORAGE',
          `${prompts.path} is not the file that the round ${round} was opened with`,
        )
      }
      if (places.at(-1) !== bytes) places.push(bytes)
      return new PromptFile(path, lines, places)
    })
  }

  /** Lines `from` to `from + count`, or fewer at the end. */
  read(from: number, count: number): Promise<readonly BootstrapPrompt[]> {
    const to = Math.min(from + count, this.lines)
    if (from >= to) return Promise.resolve([])
    const [first, last] = [Math.floor(from / stride), Math.ceil(to / stride)]
    const [start, end] = [this.places[first]!, this.places[last]! - 1]
    return storing(`read ${this.path}`, async () => {
      const found: string[] = []
      let line = first * stride
      for await (const lines of linesOf(createReadStream(this.path, { start, end }) as AsyncIterable<Buffer>)) {
        found.push(...lines.slice(Math.max(0, from - line), Math.max(0, to - line)))
        line += lines.length
      }
      return found.map(text => LoosePrompt.parse(JSON.parse(text)))
    })
  }
}
