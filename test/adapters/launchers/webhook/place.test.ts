import fc from 'fast-check'
import { expect, it } from 'vitest'
import { placeOf } from '../../../../src/adapters/launchers/webhook/webhook-runner.js'
import { isElsewhere, isPathBelow } from '../../../../src/domain/names.js'
import { anyPath } from '../../../support/hostile-names.js'

it.each([
  ['file:///data/root', 'file:///data/root/jobs/j/attempt-1/output', 'jobs/j/attempt-1/output'],
  ['file:///data/root', 'file:///data/root/a%20b', 'a b'],
  ['s3://b/steerflow', 's3://b/steerflow/jobs/j', 'jobs/j'],
  ['file:///data/root', 'file:///data/root/../../etc/passwd', 'file:///data/root/../../etc/passwd'],
  ['file:///data/root', 'file:///data/root/%2e%2e/%2e%2e/etc/passwd', 'file:///data/root/%2e%2e/%2e%2e/etc/passwd'],
  ['file:///data/root', 'file:///data/root/..%2f..%2fetc', 'file:///data/root/..%2f..%2fetc'],
  ['file:///data/root', 'file:///data/root2/x', 'file:///data/root2/x'],
  ['s3://b/steerflow', 's3://b/steerflow/../other', 's3://b/steerflow/../other'],
  ['file:///data/root', '/etc/passwd', '/etc/passwd'],
])('below %s, %s lies at %s', (base, uri, place) => expect(placeOf(base, uri)).toBe(place))

it('a URI is a path below the data folder, or stays what nobody opens', () => {
  fc.assert(
    fc.property(fc.constantFrom('file:///data/root', 's3://b/x'), anyPath, (base, path) => {
      const place = placeOf(base, `${base}/${path}`)
      expect(isPathBelow(place) || place === `${base}/${path}`).toBe(true)
      if (isElsewhere(`${base}/${path}`))
        expect(isPathBelow(place) && isElsewhere(place) && place.startsWith('/')).toBe(false)
    }),
    { numRuns: 2000 },
  )
})
