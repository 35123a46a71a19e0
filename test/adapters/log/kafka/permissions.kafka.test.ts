import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openKafkaLog } from '../../../../src/adapters/log/kafka/log.js'
import { type Log, offset } from '../../../../src/runtime/log.js'
import { everything, topic } from '../../../conformance/support.js'
import { type Kafka, startKafka } from '../../../support/kafka/kafka.js'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

let kafka: Kafka
beforeAll(async () => {
  kafka = await startKafka({
    listeners: ['scram'],
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // Who comes in by the plain listener has no name.
      'super.users': 'User:ANONYMOUS',
    },
  })
  await allow()
})
afterAll(() => kafka.stop())

/** What docs/deploy.md says a deployment needs, and nothing else. */
async function allow(): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: kafka.bootstrap, logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  const { TOPIC, GROUP, TRANSACTIONAL_ID } = AclResourceTypes
  const { READ, WRITE, CREATE, DESCRIBE, DESCRIBE_CONFIGS } = AclOperationTypes
  const operations = [
    [TOPIC, [READ, WRITE, CREATE, DESCRIBE_CONFIGS]],
    [GROUP, [READ]],
    [TRANSACTIONAL_ID, [WRITE, DESCRIBE]],
  ] as const
  await admin.createAcls({
    acl: operations.flatMap(([resourceType, allowed]) =>
      allowed.map(operation => ({
        resourceType,
        resourceName: 'steerflow.',
        resourcePatternType: ResourcePatternTypes.PREFIXED,
        principal: `User:${kafka.security.username}`,
        host: '*',
        operation,
        permissionType: AclPermissionTypes.ALLOW,
      })),
    ),
  })
  await admin.disconnect()
}

async function open(namespace: string): Promise<Log> {
  const { username, password } = kafka.security
  const log = await openKafkaLog({
    brokers: kafka.endpoints.scram,
    namespace,
    sasl: { mechanism: 'scram-sha-512', username, password },
  })
  onTestFinished(() => log.close())
  return log
}

it('the documented permissions are enough to make topics, publish, commit, and take over', async () => {
  const log = await open('steerflow')
  await log.ensure([topic('in'), topic('out', 2)])
  await log.publish([{ topic: 'in', key: null, value: Buffer.from('a') }])
  for (const at of [0, 1, 2]) {
    const claim = await log.claim('g', 'in', 0)
    expect(claim.committed).toBe(offset(at))
    const value = Buffer.from(String(at))
    await claim.commit(offset(at), offset(at + 1), [
      { topic: 'out', partition: 0, key: null, value },
      { topic: 'out', partition: 1, key: null, value },
    ])
  }
  expect((await log.committed('g', 'in')).get(0)).toBe(offset(3))
  expect(await everything(log, 'out')).toHaveLength(6)
})

it('the topics of others are none of its business', async () => {
  const log = await open('elsewhere')
  await expect(log.ensure([topic('in')])).rejects.toMatchObject({ code: 'STEERFLOW_KAFKA_REFUSED' })
})
