/** Milliseconds since 1970 as ISO 8601. A foreign record may contain an impossible time, which stays a number. */
export function isoOf(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString()
}
