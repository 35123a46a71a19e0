/**
 * Does one piece of work with the compiled code and kills itself with SIGKILL at its nth file operation, start of a
 * process, or request of HTTP (before it, and when it is answered); a write is torn in the middle. With 0 it lives, and
 * prints how many operations there were: the same number on every machine, however often it polls.
 * Usage: node killed-at.mjs N WORK ROOT
 */
import processes from 'node:child_process'
import fs from 'node:fs/promises'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'

const [n, work, root] = process.argv.slice(2)
let operations = 0
/** Whether operations are counted; a work may begin with some that are none of its own. */
let counting = work !== 'keep'

/** Files that were read since something was last changed. */
const seen = new Set()
const opensToRead = (flags = 'r') =>
  typeof flags === 'number' ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) === 0 : flags === 'r'

/** Whether an operation is one more: a poll reads as often as the machine lets it, which counts once. */
function isOneMore(name, [path, flags]) {
  if (!counting) return false
  if (name !== 'open' || !opensToRead(flags)) seen.clear()
  else if (seen.has(path)) return false
  else seen.add(path)
  return true
}

function counted(owner, name) {
  const original = owner[name]
  owner[name] = async function (...args) {
    if (isOneMore(name, args) && ++operations === Number(n)) {
      if (name.startsWith('write') && this !== fs) await original.call(this, args[0].slice(0, args[0].length / 2))
      process.kill(process.pid, 'SIGKILL')
    }
    return original.apply(this, args)
  }
}

const handle = await fs.open('/dev/null')
for (const name of ['write', 'writeFile', 'sync']) counted(Object.getPrototypeOf(handle), name)
for (const name of ['mkdir', 'mkdtemp', 'open', 'rename', 'rm', 'symlink', 'access', 'link']) counted(fs, name)
for (const name of ['spawn', 'execFile']) {
  const original = processes[name]
  processes[name] = (...args) => {
    seen.clear()
    if (++operations === Number(n)) process.kill(process.pid, 'SIGKILL')
    return original(...args)
  }
}
const fetched = globalThis.fetch
globalThis.fetch = async (...args) => {
  if (++operations === Number(n)) process.kill(process.pid, 'SIGKILL')
  const answer = await fetched(...args)
  if (++operations === Number(n)) process.kill(process.pid, 'SIGKILL')
  return answer
}
const requested = https.request
https.request = (...args) => {
  if (++operations === Number(n)) process.kill(process.pid, 'SIGKILL')
  const request = requested(...args)
  request.once('response', () => {
    if (++operations === Number(n)) process.kill(process.pid, 'SIGKILL')
  })
  return request
}
syncBuiltinESMExports()

const dist = path => import(new URL(`../../dist/${path}`, import.meta.url).href)

const works = {
  /** Seals three records into two files, one of them longer than a chunk. */
  async seal() {
    const { openShards } = await dist('adapters/storage/shard-store.js')
    const store = await openShards(root)
    const cut = await store.begin({ version: 1, topic: 't', partition: 0, from: 0n })
    const record = (id, text) =>
      JSON.stringify({
        tree_id: id,
        text,
        steerflow: { id, split: 'train', origin: 'x', lineage: { source: '', line: 0 } },
      })
    const attributeSet = 'oasst-12-lang@1'
    await cut.append({ dataset: 'd', split: 'train', attributeSet }, record('a', 'x'.repeat(2_500_000)))
    await cut.append({ dataset: 'd', split: 'validation', attributeSet }, record('b', ''))
    await cut.append({ dataset: 'd', split: 'train', attributeSet }, record('c', ''))
    return cut.seal(3n)
  },
  /** Materialises a snapshot of what `seal` made; its manifests are in manifests.json. */
  async snapshot() {
    const { openSnapshots } = await dist('adapters/snapshot/snapshots.js')
    const manifests = JSON.parse(await fs.readFile(`${root}/manifests.json`, 'utf8'))
    return (await openSnapshots({ root, sortBytes: 1 })).materialise('d', manifests)
  },
  /** Removes snapshots and folders of jobs that the rules do not keep. */
  async keep() {
    const { Config } = await dist('cli/config.js')
    const { openWorkspace } = await dist('cli/workspace.js')
    const { tidy } = await dist('cli/training/keep.js')
    const workspace = await openWorkspace(Config.parse({ dataDir: root }), { begins: true })
    counting = true
    const removed = await tidy(workspace, 'd', Date.now() + 3_600_000)
    counting = false
    await workspace.close()
    return removed.length
  },
  /** Starts the job of job.json and waits for its end. */
  async launch() {
    const { ExecRunner } = await dist('adapters/launchers/exec/exec-runner.js')
    const { job, programs } = JSON.parse(await fs.readFile(`${root}/job.json`, 'utf8'))
    const runner = new ExecRunner(root, { programs, pollMs: 20 })
    await runner.start(job)
    const ofStart = operations
    await runner.next({ ...job, state: 'running' }, new AbortController().signal)
    return ofStart
  },
  /** Posts the job of job.json. */
  async webhook() {
    const { WebhookRunner } = await dist('adapters/launchers/webhook/webhook-runner.js')
    const { job, settings } = JSON.parse(await fs.readFile(`${root}/job.json`, 'utf8'))
    await new WebhookRunner(root, settings).start(job)
    return operations
  },
  /** Creates the job of job.json in Kubernetes. */
  async kubernetes() {
    const { KubernetesRunner } = await dist('adapters/launchers/kubernetes/kubernetes-runner.js')
    const { job, settings } = JSON.parse(await fs.readFile(`${root}/job.json`, 'utf8'))
    await new KubernetesRunner(root, settings).start(job)
    return operations
  },
  /** Submits the job of job.json to Slurm. */
  async slurm() {
    const { SlurmRunner } = await dist('adapters/launchers/slurm/slurm-runner.js')
    const { job, settings } = JSON.parse(await fs.readFile(`${root}/job.json`, 'utf8'))
    await new SlurmRunner(root, settings).start(job)
    return operations
  },
}

try {
  const result = await works[work]()
  process.stdout.write(JSON.stringify({ operations, result }))
} catch (error) {
  process.stdout.write(JSON.stringify({ error: error.code, cause: error.cause?.code }))
  process.exitCode = 1
}
