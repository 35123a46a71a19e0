import kafkajs from 'kafkajs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Claim, offset, type Log } from '../../../../../src/runtime/log.js'
import { everything, identified, output, rejection, topic, values } from '../../../../conformance/support.js'
import { startKafka } from '../../../../support/kafka/kafka.js'
import { kafkaPlace, topicsOf } from './place.js'

const result = { ...output('out', { id: 'result', key: 'k' }), partition: 0 }

/** A claim of one record that is to be answered. */
async function claimed(log: Log): Promise<Claim> {
  await log.ensure(topicsOf(1))
  await log.publish(identified(1, 1).map(record => output('in', record)))
  return log.claim('g', 'in', 0)
}

/** Whether something is still not done after a while in which it could have been. */
async function pending(work: Promise<unknown>): Promise<boolean> {
  const wait = new Promise<true>(resolve => setTimeout(resolve, 1500, true))
  return Promise.race([wait, work.then(() => false)])
}

describe('rejected but acknowledged', () => {
  it('a partition that the producer has not heard of: what is acknowledged is there', async () => {
    const { open } = await kafkaPlace()
    const [log, other] = [await open(), await open()]
    const claim = await claimed(log)
    await claim.commit(offset(0), offset(0), [result])
    await log.publish([result])
    await other.ensure([topic('out', 4)])
    // From now on the log knows the new partitions, and its producers' metadata does not.
    await log.topics()
    await claim.commit(
      offset(0),
      offset(1),
      [0, 1, 2, 3].map(partition => ({ ...result, partition })),
    )
    await log.publish([{ ...result, partition: 3 }]).catch(async (error: unknown) => {
      expect(error).toMatchObject({ kind: 'transient' })
      await log.publish([{ ...result, partition: 3 }])
    })
    const partitions = (await everything(other, 'out')).map(record => record.partition)
    expect(partitions).toEqual([0, 0, 0, 1, 2, 3, 3])
    expect(await other.committed('g', 'in')).toEqual(new Map([[0, 1n]]))
  })

  it('a batch that the broker refuses as too large: the offset stays', async () => {
    const { open, admin, nameOf } = await kafkaPlace()
    const log = await open()
    const claim = await claimed(log)
    const configEntries = [{ name: 'max.message.bytes', value: '40000' }]
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: nameOf('out'), configEntries }
    await admin.alterConfigs({ validateOnly: false, resources: [resource] })
    const large = { ...result, value: Buffer.alloc(100_000) }
    await rejection(claim.commit(offset(0), offset(1), [large]), 'STEERFLOW_RECORD_TOO_LARGE')
    expect(await log.committed('g', 'in')).toEqual(new Map())
    expect(await everything(log, 'out')).toEqual([])
    await claim.commit(offset(0), offset(1), [{ ...result, value: Buffer.from('s') }])
    expect(await values(log, 'out')).toEqual(['s'])
  })

  it('a topic that refuses this client: nothing is acknowledged until it is allowed, then once', async () => {
    // Everything is allowed but what a rule forbids.
    const kafka = await startKafka({
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'allow.everyone.if.no.acl.found': 'true',
      },
    })
    onTestFinished(() => kafka.stop())
    const { open, admin, nameOf } = await kafkaPlace(kafka.bootstrap)
    const log = await open()
    const claim = await claimed(log)
    const forbidden = {
      resourceType: kafkajs.AclResourceTypes.TOPIC,
      resourceName: nameOf('out'),
      resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
      principal: 'User:ANONYMOUS',
      host: '*',
      operation: kafkajs.AclOperationTypes.WRITE,
      permissionType: kafkajs.AclPermissionTypes.DENY,
    }
    const allowed = {
      ...forbidden,
      operation: kafkajs.AclOperationTypes.ALL,
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
    }
    await admin.createAcls({ acl: [allowed, forbidden] })
    let refused = false
    const commit = claim.commit(offset(0), offset(1), [result]).catch(() => {
      refused = true
    })
    expect((await pending(commit)) || refused).toBe(true)
    expect(await log.committed('g', 'in')).toEqual(new Map())
    await admin.deleteAcls({ filters: [forbidden] })
    await commit
    if (refused) await (await log.claim('g', 'in', 0)).commit(offset(0), offset(1), [result])
    expect(await values(log, 'out')).toEqual(['result'])
    expect(await log.committed('g', 'in')).toEqual(new Map([[0, 1n]]))
  })
})
