import { describe, expect, it } from 'vitest'
import { Admission } from '../../../../src/adapters/inference/pool/admission.js'

const idle = new AbortController().signal
const settled = async (work: Promise<void>): Promise<boolean> =>
  Promise.race([work.then(() => true), new Promise<boolean>(resolve => setImmediate(() => resolve(false)))])

describe('the door of the pool', () => {
  it('lets in as many requests and tokens as there is room for, in order', async () => {
    const door = new Admission({ requests: 2, tokens: 10 })
    await door.enter(4, idle)
    await door.enter(4, idle)
    const [third, fourth] = [door.enter(6, idle), door.enter(1, idle)]
    expect(await settled(third)).toBe(false)
    door.leave(4)
    expect(await settled(third)).toBe(true)
    expect(await settled(fourth)).toBe(false)
    door.leave(4)
    expect(await settled(fourth)).toBe(true)
  })

  it('lets one in that is larger than all, when nobody else is there', async () => {
    const door = new Admission({ requests: 2, tokens: 10 })
    await door.enter(1, idle)
    const large = door.enter(99, idle)
    expect(await settled(large)).toBe(false)
    door.leave(1)
    expect(await settled(large)).toBe(true)
  })

  it('lets go of who gives up outside', async () => {
    const door = new Admission({ requests: 1, tokens: 10 })
    await door.enter(1, idle)
    const caller = new AbortController()
    const gone = door.enter(1, caller.signal)
    const next = door.enter(1, idle)
    caller.abort(new Error('stopped'))
    await expect(gone).rejects.toThrow('stopped')
    door.leave(1)
    expect(await settled(next)).toBe(true)
    expect(door.outside).toBe(0)
  })
})
