/** A running process of a place. */
export interface Running {
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  isRunning(): Promise<boolean>
}

/** Where brokers run: this machine, or a container. All paths are the place's own. */
export interface Place {
  readonly provider: 'jars' | 'docker'
  /** The folder that everything is kept in. */
  readonly folder: string
  /** The address that listeners for clients are bound to. */
  readonly bind: string
  write(file: string, text: string): Promise<void>
  read(file: string): Promise<string>
  /** Runs Java with Kafka's jars to its end and returns what it printed. Throws an Error with the output if it fails. */
  run(args: readonly string[]): Promise<string>
  /** Starts Java with Kafka's jars, its output going to a file. */
  start(args: readonly string[], log: string): Promise<Running>
  /** Ends what still runs and removes the folder. */
  remove(): Promise<void>
}
