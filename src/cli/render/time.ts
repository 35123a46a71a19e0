/** A time in milliseconds since 1970 as text; a record of others may say one that no calendar has, which stays a number. */
export function isoOf(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString()
}
