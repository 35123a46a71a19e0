import { afterEach, expect, test } from 'vitest'
import type { EndpointsEvent } from '../../../../src/adapters/inference/endpoints/events.js'
import { allRight, closeAll, codeOf, fleetOf, score, serve } from '../fleet-under-test.js'

afterEach(closeAll)

/** Events as they come, and a promise of the first of a kind. */
function told() {
  const events: EndpointsEvent[] = []
  const waiting: (() => void)[] = []
  return {
    events,
    report: (event: EndpointsEvent): void => {
      events.push(event)
      for (const look of waiting) look()
    },
    count: (name: string, least: number): Promise<void> =>
      new Promise(resolve => {
        const look = (): void => void (events.filter(({ event }) => event === name).length >= least && resolve())
        waiting.push(look)
        look()
      }),
  }
}

test('a server that says nothing is told of long before the deadline, ever more rarely, and when it answers', async () => {
  const server = await serve()
  const release = server.hold()
  const { events, report, count } = told()
  const fleet = fleetOf([server], { silentAfterMs: 40, report })
  const scored = score(fleet, 'a')
  await count('endpoint-silent', 3)
  const silent = events.filter(event => event.event === 'endpoint-silent')
  expect(silent[0]).toMatchObject({ url: server.url, cause: 'asked 0 s ago, no answer yet' })
  const stats = fleet.stats()
  expect(stats.endpoints[0]?.trouble).toMatch(/^asked \d+ s ago, no answer yet$/)
  // Counted from when it was asked, not from when that was told.
  expect(stats.outageMs).toBeGreaterThan(150)
  expect(stats.outageCause).toContain(`${server.url}: asked`)
  release()
  await scored
  expect(events.at(-1)).toMatchObject({ event: 'endpoint-heard', url: server.url })
  expect(fleet.stats()).toMatchObject({ outageMs: null, endpoints: [{ trouble: null }] })
})

test('an outage of silence ends after its patience, counted from the last answer', async () => {
  const server = await serve()
  const fleet = fleetOf([server], { silentAfterMs: 40, retryForMs: 300, deadlineMs: 60_000 })
  await allRight(fleet, 3)
  server.hold()
  expect(await codeOf(score(fleet, 'later'))).toBe('STEERFLOW_OUTAGE')
})

test('where another server answers, one that says nothing is no outage', async () => {
  const [silent, other] = [await serve(), await serve()]
  silent.hold()
  const { events, report, count } = told()
  const fleet = fleetOf([silent, other], { silentAfterMs: 40, report })
  const scored = Array.from({ length: 20 }, (_, index) => score(fleet, `text ${index}`))
  await count('endpoint-silent', 1)
  await Promise.race(scored)
  expect(events.filter(({ event }) => event === 'outage')).toEqual([])
})
