/** A registry that was started, though it may not answer yet. */
export interface StartedRegistry {
  readonly provider: 'docker' | 'jar'
  /** Its address without a path. */
  readonly origin: string
  isRunning(): boolean
  /** All that it printed. */
  log(): Promise<string>
  stop(): Promise<void>
}
