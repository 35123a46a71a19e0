/**
 * The frame that Confluent's serializers put before a payload: a zero byte, then the id of the payload's schema as a
 * big-endian int32. Any consumer finds the JSON behind the first five bytes.
 */

/** Bytes before the payload. */
export const frameBytes = 5

const magic = 0

/** The frame of a schema id, made once and put before each of its payloads. */
export function frameOf(id: number): Buffer {
  const frame = Buffer.alloc(frameBytes)
  frame[0] = magic
  frame.writeInt32BE(id, 1)
  return frame
}

/** A frame and a payload as one value; the one copy of the payload. */
export function framed(frame: Buffer, payload: Buffer): Buffer {
  const value = Buffer.allocUnsafe(frameBytes + payload.length)
  value.set(frame)
  value.set(payload, frameBytes)
  return value
}

/** The schema id of a value, or null where it has no frame. */
export const schemaIdOf = (value: Buffer): number | null =>
  value.length >= frameBytes && value[0] === magic ? value.readInt32BE(1) : null

/** What is behind the frame, in the value's own memory. */
export const payloadOf = (value: Buffer): Buffer => value.subarray(frameBytes)
