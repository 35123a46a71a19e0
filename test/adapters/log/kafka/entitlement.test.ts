import { expect, it } from 'vitest'
import { Entitlement } from '../../../../src/adapters/log/kafka/membership.js'

const settled = (promise: Promise<unknown>): Promise<string> =>
  Promise.race([
    promise.then(
      () => 'entitled',
      () => 'refused',
    ),
    new Promise<string>(r => setImmediate(() => r('waiting'))),
  ])

it('waits for a confirmation that came after the question', async () => {
  const entitlement = new Entitlement()
  entitlement.assign(new Set([1]))
  entitlement.confirm()
  const asked = entitlement.of(1)
  expect(await settled(asked)).toBe('waiting')
  entitlement.confirm()
  expect(await settled(asked)).toBe('entitled')
})

it('refuses a partition that was given to another meanwhile', async () => {
  const entitlement = new Entitlement()
  entitlement.assign(new Set([1]))
  const asked = entitlement.of(1)
  entitlement.assign(new Set([2]))
  entitlement.confirm()
  expect(await settled(asked)).toBe('refused')
})

it('refuses everything at the end', async () => {
  const entitlement = new Entitlement()
  entitlement.assign(new Set([1]))
  const asked = entitlement.of(1)
  entitlement.end()
  expect(await settled(asked)).toBe('refused')
})
