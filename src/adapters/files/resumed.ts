/** Bytes in chunks, which the reader closes when it needs no more, also before it has read any. */
export interface Chunks extends AsyncIterable<Buffer> {
  close(): Promise<void>
}

/** Bytes that were read already, then the fault that reading met, or the rest. */
export function resumed(
  start: Buffer,
  rest: AsyncGenerator<Buffer>,
  fault: { readonly error: unknown } | null,
): Chunks {
  const close = async (): Promise<void> => void (await rest.return(undefined))
  return {
    close,
    async *[Symbol.asyncIterator]() {
      try {
        if (start.length > 0) yield start
        if (fault) throw fault.error
        yield* rest
      } finally {
        await close()
      }
    },
  }
}
