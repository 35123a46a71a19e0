export interface RegistrySchema {
  /** JSON, AVRO or PROTOBUF. */
  readonly type: string
  readonly text: string
}

/**
 * Requests to a schema registry. All throw STEERFLOW_REGISTRY_DOWN if no registry answers, STEERFLOW_REGISTRY_REFUSED
 * if it denies access, and keep credentials out of messages and causes.
 */
export interface SchemaRegistry {
  /** The id of a JSON Schema under a subject, or null if it is not registered there. */
  idOf(subject: string, text: string): Promise<number | null>
  /** True if a schema is registered under a subject; softly deleted versions count, since their records still exist. */
  holds(subject: string, schema: RegistrySchema): Promise<boolean>
  /** The schema of an id, or null if there is none. */
  byId(subject: string, id: number): Promise<RegistrySchema | null>
  /** True if a subject would accept a JSON Schema as its next version. */
  takes(subject: string, text: string): Promise<boolean>
  /** Registers a JSON Schema. @throws STEERFLOW_SCHEMA_INCOMPATIBLE with the registry's reason. */
  register(subject: string, text: string): Promise<number>
  /** The compatibility level of a subject, e.g. BACKWARD; null if none is set for it. */
  compatibility(subject: string): Promise<string | null>
  /** Makes a subject reject versions that cannot read the records of the previous version. */
  checkBackward(subject: string): Promise<void>
  close(): Promise<void>
}

export interface RegistrySettings {
  /** The base URL of `/subjects`. */
  readonly url: string
  /** For basic authentication; empty for none. */
  readonly username: string
  readonly password: string
}
