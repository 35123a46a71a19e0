/** A part of the report: what it shows, and its figures as a table. Terminal and page print the same. */
export interface Section {
  readonly title: string
  /** How to read it. */
  readonly note: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}
