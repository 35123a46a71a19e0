/**
 * The framing of a record's payload on the wire of a log. Topics have the names in `src/topics.ts`, without the namespace of
 * the cluster.
 */
export interface Wire {
  /** Frames a payload written for a topic. */
  frame(topic: string, payload: Buffer): Buffer
  /**
   * The payload of a value, which shares the value's memory; a promise if the schema must be looked up first.
   * @throws STEERFLOW_SCHEMA_UNKNOWN, STEERFLOW_SCHEMA_INCOMPATIBLE (both permanent), STEERFLOW_REGISTRY_DOWN
   * (transient); at once or through the promise.
   */
  unframe(topic: string, value: Buffer): Buffer | Promise<Buffer>
}

/** No frame: the value is the payload. */
export const bare: Wire = { frame: (_topic, payload) => payload, unframe: (_topic, value) => value }
