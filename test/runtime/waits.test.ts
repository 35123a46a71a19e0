import { expect, test } from 'vitest'
import { type WaitEvent, Waits } from '../../src/runtime/waits.js'

const never = new AbortController().signal

/** Waits that are told of at once, what is told of them, and when that begins. */
function listened() {
  const events: WaitEvent[] = []
  let told = (): void => undefined
  const heard = new Promise<void>(resolve => (told = resolve))
  const waits = new Waits(event => {
    events.push(event)
    told()
  }, 1)
  return { waits, events, heard }
}

test('what is waited for is said, once for all that wait, and when it is there', async () => {
  const { waits, events, heard } = listened()
  let there: string | null = null
  const all = [1, 2, 3].map(() => waits.until('a model', () => there, { signal: never, pollMs: 1 }))
  await heard
  expect(waits.current()).toMatchObject([{ what: 'a model', waiting: 3 }])
  there = 'm'
  expect(await Promise.all(all)).toEqual(['m', 'm', 'm'])
  expect(events.map(({ event, what }) => [event, what])).toEqual([
    ['waiting-for', 'a model'],
    ['waited-for', 'a model'],
  ])
  expect(waits.current()).toEqual([])
})

test('what is given up is not said to be there', async () => {
  const { waits, events, heard } = listened()
  const control = new AbortController()
  const given = waits.until('a model', () => null, { signal: control.signal, pollMs: 60_000 })
  await heard
  control.abort()
  await expect(given).rejects.toThrow()
  expect(waits.current()).toEqual([])
  expect(events).toEqual([{ event: 'waiting-for', what: 'a model' }])
})

test('what is there at the first look is not waited for', async () => {
  const waits = new Waits(event => expect.unreachable(event.event), 0)
  expect(await waits.until('it', () => 1, { signal: never, pollMs: 60_000 })).toBe(1)
})

/** Waits that tell of loads at once, and a promise that is for the test to keep; `told` is called with each event. */
function loading(told: (event: WaitEvent) => void) {
  const events: WaitEvent[] = []
  const waits = new Waits(
    event => {
      events.push(event)
      told(event)
    },
    60_000,
    1,
  )
  return { waits, events }
}

test('a load is told of where it lasts, and when it is over; it is no wait for others', async () => {
  let loaded = (): void => undefined
  const whole = new Promise<void>(resolve => (loaded = resolve))
  const { waits, events } = loading(() => loaded())
  const load = waits.load('the tokenizer t', () => whole.then(() => 't'))
  expect(waits.loads()).toMatchObject([{ what: 'the tokenizer t' }])
  expect(waits.current()).toEqual([])
  expect(await load).toBe('t')
  expect(waits.loads()).toEqual([])
  expect(events.map(({ event, what }) => [event, what])).toEqual([
    ['loading', 'the tokenizer t'],
    ['loaded', 'the tokenizer t'],
  ])
})

test('a load that is quick is not told of, nor the end of one that fails', async () => {
  const quick = new Waits(event => expect.unreachable(event.event), 0)
  expect(await quick.load('it', async () => 1)).toBe(1)
  let fail = (): void => undefined
  const damaged = new Promise<never>((_, reject) => (fail = () => reject(new Error('damaged'))))
  const { waits, events } = loading(() => fail())
  await expect(waits.load('it', () => damaged)).rejects.toThrow('damaged')
  expect(events).toEqual([{ event: 'loading', what: 'it' }])
  expect(waits.loads()).toEqual([])
})

test('an abort, and a look that fails, end the waiting', async () => {
  const waits = new Waits()
  const control = new AbortController()
  const aborted = waits.until('a', () => null, { signal: control.signal, pollMs: 60_000 })
  await expect.poll(() => waits.current().length).toBe(1)
  control.abort()
  await expect(aborted).rejects.toThrow()
  let looks = 0
  const fails = (): null => {
    if (looks++ === 1) throw new Error('broken')
    return null
  }
  await expect(waits.until('b', fails, { signal: never, pollMs: 1 })).rejects.toThrow('broken')
  expect(waits.current()).toEqual([])
})

test('the longest wait comes first', () => {
  const waits = new Waits()
  const [a] = [waits.begin('a'), waits.begin('b')]
  expect(waits.current().map(({ what }) => what)).toEqual(['a', 'b'])
  a(true)
  a(true)
  expect(waits.current().map(({ what }) => what)).toEqual(['b'])
})
