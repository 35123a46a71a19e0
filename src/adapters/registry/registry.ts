/** A schema as a registry keeps it. */
export interface RegistrySchema {
  /** JSON, AVRO or PROTOBUF. */
  readonly type: string
  readonly text: string
}

/**
 * What is asked of a schema registry. All of it throws STEERFLOW_REGISTRY_DOWN when no registry answers,
 * STEERFLOW_REGISTRY_REFUSED when it does not let us, and keeps credentials out of messages and causes.
 */
export interface SchemaRegistry {
  /** The id of a JSON Schema under a subject, or null when it is not registered there. */
  idOf(subject: string, text: string): Promise<number | null>
  /** Whether a schema is registered under a subject; versions that were deleted softly count, their records are still there. */
  holds(subject: string, schema: RegistrySchema): Promise<boolean>
  /** The schema of an id, or null when there is none. */
  byId(subject: string, id: number): Promise<RegistrySchema | null>
  /** Whether a subject would take a JSON Schema as its next version. */
  takes(subject: string, text: string): Promise<boolean>
  /** Registers a JSON Schema. @throws STEERFLOW_SCHEMA_INCOMPATIBLE with the registry's reason. */
  register(subject: string, text: string): Promise<number>
  /** What a subject checks new versions for, such as BACKWARD; null when nothing is set for it. */
  compatibility(subject: string): Promise<string | null>
  /** Makes a subject refuse versions that cannot read the records of the version before. */
  checkBackward(subject: string): Promise<void>
  close(): Promise<void>
}

/** How to reach a registry. */
export interface RegistrySettings {
  /** The base of its resources, below which `/subjects` lies. */
  readonly url: string
  /** For basic authentication; empty for none. */
  readonly username: string
  readonly password: string
}
