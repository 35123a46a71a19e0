import { expect, it } from 'vitest'
import { everything, identified, output, readMany, rejection } from '../../../../conformance/support.js'
import { kafkaPlace, notingMember, topicsOf } from './place.js'

it('commit after revoke: what comes after a partition was given back is refused and changes nothing', async () => {
  const { open } = await kafkaPlace()
  const [first, second] = [await open(), await open()]
  for (const log of [first, second]) await log.ensure(topicsOf(2))
  await first.publish(identified(20, 5).map((record, at) => ({ ...output('in', record), partition: at % 2 })))
  const [old, now] = [notingMember(), notingMember()]
  await first.join('g', 'in', old.assignee)
  await expect.poll(() => old.assigned.length).toBe(2)
  const claims = [...old.assigned]
  const read = await Promise.all(claims.map(claim => readMany(claim, 10)))

  await second.join('g', 'in', now.assignee)
  await expect.poll(() => now.assigned.length).toBe(1)
  const gone = old.revoked[0]!
  const at = claims.indexOf(gone)
  expect(now.assigned[0]).toMatchObject({ partition: gone.partition, committed: 0n })

  const records = read[at]!
  const outputs = records.map(({ value }) => output('out', { id: value.toString(), key: 'late' }))
  await rejection(
    gone.commit(gone.committed, (records.at(-1)!.offset + 1n) as typeof gone.committed, outputs),
    'STEERFLOW_FENCED',
  )
  expect(await everything(second, 'out')).toEqual([])
  expect(await second.committed('g', 'in')).toEqual(new Map())
  // The one that was kept commits as before.
  const kept = claims[1 - at]!
  const [record] = read[1 - at]!
  await kept.commit(kept.committed, (record!.offset + 1n) as typeof kept.committed, [
    output('out', { id: 'kept', key: 'k' }),
  ])
  expect(await everything(second, 'out')).toHaveLength(1)
})
