import { asSteerflowError, SteerflowError } from '../../../domain/errors.js'
import type { Assignee, Membership } from '../../../runtime/log.js'
import { EmbeddedClaim, takeOver } from './claim.js'
import type { LogInternals } from './catalogue.js'

/**
 * The only member of its group: it owns every partition of the topic, including those added later, until a newer member
 * takes them over.
 */
export class EmbeddedMembership implements Membership {
  readonly #claims: EmbeddedClaim[] = []
  #taken = 0
  #left = false

  constructor(
    private readonly parts: LogInternals,
    private readonly group: string,
    private readonly topic: string,
    private readonly assignee: Assignee,
  ) {}

  /** Takes over the existing partitions; they are assigned after the caller has the membership. */
  async begin(): Promise<this> {
    const claims = await this.#takeOver()
    this.parts.catalogue.listeners.add(this.#grow)
    setImmediate(() => this.#assign(claims))
    return this
  }

  async leave(): Promise<void> {
    this.#left = true
    this.parts.catalogue.listeners.delete(this.#grow)
    for (const claim of this.#claims) await claim.release()
  }

  /** Takes over partitions added to the topic since. */
  readonly #grow = (): void => {
    this.#takeOver().then(
      claims => this.#assign(claims),
      (error: unknown) => this.assignee.failed(asSteerflowError(error)),
    )
  }

  async #takeOver(): Promise<readonly EmbeddedClaim[]> {
    const { parts, group, topic } = this
    const first = this.#taken
    this.#taken = parts.catalogue.topic(topic).spec.partitions
    const wanted = Array.from({ length: this.#taken - first }, (_, i) => first + i)
    if (wanted.length === 0) return []
    const owned = await parts.writer.write(0, begin => {
      begin()
      return takeOver(parts, group, topic, wanted)
    })
    const claims = owned.map((ownership, i) => {
      const claim: EmbeddedClaim = new EmbeddedClaim(parts, group, topic, first + i, ownership, () => this.#lost(claim))
      return claim
    })
    this.#claims.push(...claims)
    return claims
  }

  #assign(claims: readonly EmbeddedClaim[]): void {
    for (const claim of claims) if (!this.#left) this.assignee.assigned(claim)
  }

  /** A new owner of one partition takes all: this member has to stop. */
  #lost(claim: EmbeddedClaim): void {
    if (this.#left) return
    this.assignee.lost(claim)
    this.assignee.failed(
      new SteerflowError('STEERFLOW_FENCED', `another run of ${this.group} took over ${this.topic}/${claim.partition}`),
    )
  }
}
