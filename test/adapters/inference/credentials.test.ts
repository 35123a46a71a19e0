import { afterEach, expect, it } from 'vitest'
import { explain } from '../../../src/domain/errors.js'
import { closeAll, fleetOf, refuseAll, score } from './fleet-under-test.js'

afterEach(closeAll)

it('shows name and password of an address to its server, and in no message', async () => {
  const { host, authorizations } = await refuseAll()
  const url = `http://bob:s3cr%40t@${host}/base`
  const fleet = fleetOf([{ url }], { retryForMs: 200 })
  const error = await score(fleet, 'text').catch((thrown: unknown) => thrown)
  expect(explain(error)).toContain(`http://${host}/base`)
  expect(explain(error) + JSON.stringify(fleet.stats())).not.toContain('s3cr')
  expect(authorizations[0]).toBe(`Basic ${Buffer.from('bob:s3cr@t').toString('base64')}`)
  await fleet.removeEndpoint(url)
  expect(fleet.stats().endpoints).toEqual([])
})
