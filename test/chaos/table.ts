import type { Result } from './findings.js'

/** A result for people. */
export function table(result: Result): string {
  const { recoverySeconds: recovery, takenOverSeconds: taken, repeatedCalls: repeated } = result
  const rows: (readonly [string, string])[] = [
    ['sent', String(result.sent)],
    ['received', String(result.received)],
    ['missing', String(result.missing)],
    ['duplicated', String(result.duplicated)],
    ['out of order', String(result.outOfOrder)],
    ['never sent', String(result.unexpected)],
  ]
  if (recovery)
    rows.push([
      'all produce again',
      `median ${recovery.median} s, worst ${recovery.worst} s, ${recovery.samples} times`,
    ])
  if (taken) rows.push(['all taken over', `median ${taken.median} s, worst ${taken.worst} s, ${taken.samples} times`])
  if (repeated)
    rows.push(['calls made again', `${repeated.number}, ${(100 * repeated.share).toFixed(1)} % of the records`])
  rows.push(['faults', String(result.faults.length)], ['seconds', String(result.seconds)])
  for (const { name, value, limit, met } of result.bounds)
    rows.push([name, `${value}, bound ${limit}: ${met ? 'kept' : 'BROKEN'}`])
  for (const hand of result.hands) rows.push(['a hand was needed', hand])
  rows.push(['verdict', result.passed ? 'passed' : 'FAILED'])
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('')
}
