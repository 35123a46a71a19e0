import { connect, main } from './connect.mjs'

/**
 * Reads partition 0 of `topic` from its beginning while it grows, until `count` records were seen; prints `value` lines
 * and, first, `reading`. Values are `<batch>:<index>:<size of batch>`; a batch that is seen in part is a fault.
 */
main(async () => {
  const { log, task } = await connect()
  const { topic, count } = task
  console.log('reading')
  let from = 0n
  for (let seen = 0; seen < count;) {
    const { records, next } = await log.read(topic, 0, from, { records: 100_000, bytes: 1 << 30 })
    const last = records.at(-1)?.value.toString().split(':').map(Number)
    if (last && last[1] !== last[2] - 1) throw new Error(`saw batch ${last[0]} up to ${last[1]} of ${last[2]} records`)
    for (const record of records) console.log(`${record.offset} ${record.value.toString()}`)
    seen += records.length
    from = next
    await new Promise(resolve => setImmediate(resolve))
  }
  await log.close()
})
