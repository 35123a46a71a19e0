import { setTimeout as sleep } from 'node:timers/promises'
import { connect, main, random } from './connect.mjs'

/**
 * Copies topic `from` to topic `to`, partition by partition, in batches of random size, until `until` records of each
 * partition are done, with a pause of `pauseMs` after each. `fault: {at, commit}` makes it stop or kill itself at its n-th commit:
 * `before` it, when it has been `asked` for but not waited for, `after` it, or `stop` (SIGSTOP) before it.
 */
main(async () => {
  const { log, task } = await connect()
  const { group, from, to, until, seed = 1, maxBatch = 50, pauseMs = 0, fault } = task
  const next = random(seed)
  let commits = 0

  const copy = async partition => {
    const claim = await log.claim(group, from, partition)
    console.log(`claimed ${partition}`)
    for (let at = claim.committed; at < until[partition];) {
      const limits = { records: 1 + Math.floor(next() * maxBatch), bytes: 1 << 20 }
      const batch = await claim.read(limits, 1000)
      const outputs = batch.records.map(({ key, value }) => ({ topic: to, partition, key, value }))
      const here = fault && ++commits === fault.commit ? fault.at : 'nowhere'
      if (here === 'before') process.kill(process.pid, 'SIGKILL')
      if (here === 'stop') {
        console.log('stopping')
        process.kill(process.pid, 'SIGSTOP')
      }
      const commit = claim.commit(at, batch.next, outputs)
      if (here === 'asked') setImmediate(() => process.kill(process.pid, 'SIGKILL'))
      await commit
      if (here === 'after') process.kill(process.pid, 'SIGKILL')
      at = batch.next
      if (pauseMs > 0) await sleep(pauseMs)
    }
  }

  await Promise.all(until.map((_, partition) => copy(partition)))
  await log.close()
})
