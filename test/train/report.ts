/** What was looked at and measured; printed as it comes, and once more at the end. */
export class Report {
  readonly #figures: (readonly [string, string])[] = []
  #failed = 0
  readonly #started = Date.now()

  say(line: string): void {
    console.log(`${((Date.now() - this.#started) / 1000).toFixed(0).padStart(5)} s  ${line}`)
  }

  /** Something that has to hold. */
  expect(what: string, holds: boolean, found: string | number): void {
    if (!holds) this.#failed += 1
    this.say(`${holds ? 'ok  ' : 'FAIL'}  ${what}: ${found}`)
    this.#figures.push([`${holds ? '' : 'FAILED: '}${what}`, String(found)])
  }

  /** Something that is only told. */
  figure(what: string, value: string | number): void {
    this.#figures.push([what, String(value)])
  }

  /** Prints everything; the exit code. */
  end(): number {
    const seconds = ((Date.now() - this.#started) / 1000).toFixed(0)
    this.#figures.push(['seconds in all', seconds])
    const width = Math.max(...this.#figures.map(([what]) => what.length))
    console.log(`\n${this.#figures.map(([what, value]) => `${what.padEnd(width)}  ${value}`).join('\n')}`)
    console.log(this.#failed === 0 ? '\neverything holds' : `\n${this.#failed} do not hold`)
    return this.#failed === 0 ? 0 : 1
  }
}
