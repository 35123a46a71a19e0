/** How a record's payload is framed on the wire of a log. */
export interface Wire {
  /** Frames a payload written for a topic. */
  frame(topic: string, payload: Buffer): Buffer
  /**
   * The payload of a value; a promise where the schema must be looked up first.
   * @throws STEERFLOW_SCHEMA_UNKNOWN, STEERFLOW_SCHEMA_INCOMPATIBLE (both permanent), STEERFLOW_REGISTRY_DOWN (transient)
   */
  unframe(topic: string, value: Buffer): Buffer | Promise<Buffer>
}

/** No frame: the value is the payload. */
export const bare: Wire = { frame: (_, payload) => payload, unframe: (_, value) => value }
