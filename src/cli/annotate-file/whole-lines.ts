import { open } from 'node:fs/promises'

const blockBytes = 64 * 1024
const lineEnd = 10

/** Truncates a file after its last line end: a killed run may have left half a line. */
export async function keepWholeLines(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    for (let end = size; end > 0; end -= blockBytes) {
      const start = Math.max(0, end - blockBytes)
      const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
      const last = buffer.lastIndexOf(lineEnd)
      if (last === -1 && start > 0) continue
      const whole = last === -1 ? 0 : start + last + 1
      if (whole < size) await file.truncate(whole)
      return
    }
  } finally {
    await file.close()
  }
}
