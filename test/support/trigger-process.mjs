/**
 * Runs the trigger on the log below ROOT with the compiled code, until it is ended; kills itself with SIGKILL at its nth
 * step: before or after a commit, before or after a snapshot is made. With 0 it lives.
 * Usage: node trigger-process.mjs N ROOT AGE
 */
const [n, root, age] = process.argv.slice(2)
let steps = 0
const step = () => {
  if (++steps === Number(n)) process.kill(process.pid, 'SIGKILL')
}

const dist = path => import(new URL(`../../dist/${path}`, import.meta.url).href)
const { openEmbeddedLog } = await dist('adapters/log/embedded/log.js')
const { openSnapshots } = await dist('adapters/snapshot/snapshots.js')
const { PipelineRun } = await dist('runtime/pipeline-run.js')
const { pipeline } = await dist('pipeline.js')

const log = await openEmbeddedLog({ dir: `${root}/log` })
const snapshots = await openSnapshots({ root })

/** Counts a step before and after each call of a method. */
const counted = (object, method) => {
  const original = object[method].bind(object)
  object[method] = async (...args) => {
    step()
    const result = await original(...args)
    step()
    return result
  }
}
counted(snapshots, 'materialise')
const join = log.join.bind(log)
log.join = (group, topic, assignee) =>
  join(group, topic, {
    assigned: claim => {
      counted(claim, 'commit')
      assignee.assigned(claim)
    },
    lost: claim => assignee.lost(claim),
    revoked: claim => assignee.revoked(claim),
    failed: error => assignee.failed(error),
  })

const when = { ageSeconds: Number(age), validation: 0 }
await new PipelineRun({
  log,
  nodes: pipeline.filter(node => node.name === 'trigger'),
  deadLetters: 'dead-letters',
  capabilities: { snapshots },
  options: () => ({ datasets: { steerlm: { trainer: 'nemo-aligner', when } } }),
  concurrency: () => 8,
  sourcesEnded: () => false,
  untilIdle: false,
}).run()
