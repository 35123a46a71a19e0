import { connect, main } from './connect.mjs'

/**
 * Publishes `count` records with the ids `<name>-0`, `<name>-1`, … under the key `name`, in batches of `batch`, to `topic`,
 * which is made with one partition where it is missing.
 */
main(async () => {
  const { log, task } = await connect()
  const { name, topic, count, batch } = task
  await log.ensure([{ name: topic, partitions: 1, retention: { keep: 'forever' } }])
  console.log('producing')
  for (let first = 0; first < count; first += batch) {
    const ids = Array.from({ length: Math.min(batch, count - first) }, (_, i) => `${name}-${first + i}`)
    await log.publish(ids.map(id => ({ topic, key: Buffer.from(name), value: Buffer.from(id) })))
  }
  await log.close()
})
