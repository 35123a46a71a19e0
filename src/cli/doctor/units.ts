const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Bytes in a readable unit. */
export function size(bytes: number): string {
  const power = Math.min(sizes.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${(bytes / 2 ** (10 * power)).toFixed(power === 0 ? 0 : 1)} ${sizes[power]}`
}

/** Milliseconds in a readable unit. */
export function span(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} min`
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} h`
  return `${(seconds / 86_400).toFixed(1)} days`
}
