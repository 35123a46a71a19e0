/** One field of a protobuf message: numbers as they are, everything of a length as bytes. */
export interface Field {
  readonly number: number
  readonly value: number | Uint8Array
}

/**
 * The fields of a protobuf message in order, as far as a SentencePiece model needs them: numbers beyond 2^53 lose
 * precision, fixed-width values are given as bytes.
 * @throws RangeError when the bytes are no protobuf message.
 */
export function* fields(message: Uint8Array): Generator<Field> {
  let at = 0
  const byte = () => {
    const value = message[at++]
    if (value === undefined) throw new RangeError('the message ends early')
    return value
  }
  const varint = () => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const part = byte()
      value += (part & 0x7f) * 2 ** shift
      if (part < 0x80) return value
    }
    throw new RangeError('a number has more than ten bytes')
  }
  const bytes = (length: number) => {
    if (at + length > message.length) throw new RangeError('the message ends early')
    return message.subarray(at, (at += length))
  }
  while (at < message.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    const wireType = tag % 8
    if (wireType === 0) yield { number, value: varint() }
    else if (wireType === 1) yield { number, value: bytes(8) }
    else if (wireType === 2) yield { number, value: bytes(varint()) }
    else if (wireType === 5) yield { number, value: bytes(4) }
    else throw new RangeError(`wire type ${wireType} does not exist`)
  }
}
