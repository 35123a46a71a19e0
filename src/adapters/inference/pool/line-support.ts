/** Lines after which an endpoint that never gave a whole one is asked attribute by attribute for good. */
const tries = 3

/** Whether an endpoint's model continues a prompt with a whole label line. */
export class LineSupport {
  #accepted = 0
  #failed = 0

  constructor(private readonly wanted: boolean) {}

  get allowed(): boolean {
    return this.wanted && (this.#accepted > 0 || this.#failed < tries)
  }

  accepted(): void {
    this.#accepted++
  }

  failed(): void {
    this.#failed++
  }
}
