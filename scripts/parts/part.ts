/** A real server for tests, installed outside the repository. */
export interface Part {
  readonly name: string
  /** Whether all of it is here and undamaged; takes milliseconds. */
  installed(): boolean
  /** Installs what is absent. Throws an Error that says what cannot be had and what to install. */
  install(): Promise<void>
  /** Where it is, unless in the cache. */
  place?(): string | null
}
