import type { RepeatsRunner } from '../stages/node.js'
import type { Likeness, RepeatWait } from '../stages/stage.js'
import type { Output } from './log.js'

/** An output that may be compared with others. */
export type ComparedOutput = Output & { readonly likeness?: Likeness; readonly isReplacement?: true }

/** An emission that may be replaced by another until it is committed. */
interface Waiting {
  readonly likeness: Likeness
  readonly replace: (by: string) => void
}

/**
 * The emissions of one partition that wait together: one whose whole content another contains is replaced, whichever
 * came first. Of two with the same content the later one is replaced.
 */
export class RepeatFilter {
  /** By whole content. */
  readonly #whole = new Map<string, Waiting>()
  /** Emissions that contain a content, the latest last. */
  readonly #containing = new Map<string, Set<Likeness>>()

  constructor(private readonly runner: RepeatsRunner) {}

  get wait(): RepeatWait {
    return this.runner.wait
  }

  /** Compares the outputs of a record with those that wait; `outputs` is changed when one of them is replaced. */
  add(outputs: ComparedOutput[]): void {
    for (const [index, { likeness, ...output }] of outputs.entries()) {
      if (!likeness) continue
      const replace = (by: string): void => {
        outputs[index] = { ...output, ...this.runner.instead(output, by), isReplacement: true }
      }
      this.#add({ likeness, replace })
    }
  }

  #add(added: Waiting): void {
    const { contents, origin, name } = added.likeness
    const own = contents.at(-1)!
    for (const container of this.#containing.get(own) ?? []) {
      if (container.origin === origin) continue
      added.replace(container.name)
      return
    }
    for (const content of contents) {
      const repeated = content === own ? undefined : this.#whole.get(content)
      if (repeated && repeated.likeness.origin !== origin) {
        repeated.replace(name)
        this.#forget(repeated.likeness)
      }
      const containing = this.#containing.get(content)
      if (containing) containing.add(added.likeness)
      else this.#containing.set(content, new Set([added.likeness]))
    }
    this.#whole.set(own, added)
  }

  /** Compares outputs with others no longer: they are committed, or given up. */
  forget(outputs: readonly ComparedOutput[]): void {
    for (const { likeness } of outputs) if (likeness) this.#forget(likeness)
  }

  #forget(likeness: Likeness): void {
    if (this.#whole.get(likeness.contents.at(-1)!)?.likeness === likeness) this.#whole.delete(likeness.contents.at(-1)!)
    for (const content of likeness.contents) {
      const containing = this.#containing.get(content)
      containing?.delete(likeness)
      if (containing?.size === 0) this.#containing.delete(content)
    }
  }
}
