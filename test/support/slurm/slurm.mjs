/**
 * Stands in for Slurm where there is no cluster: sbatch, squeue, sacct, scancel and srun as their manuals describe them, as
 * far as they are used here. The state lies in the folder of SLURM_CONF; jobs really run. Faults are in its faults.json:
 *   down            the controller answers nobody
 *   accountingDown  sacct fails; disabled: as where there is no accounting
 *   lagMs           how long accounting lags behind
 *   ageMs           for how long the controller knows a job that has ended (MinJobAge)
 *   submitMs        how long sbatch takes before, and after, the controller has the job
 *   startMs         how long a job waits
 *   loseReply       sbatch submits, and hears nothing of it
 *   refuse          sbatch says this and submits nothing
 *   forgetAll       the controller and accounting have lost everything
 * Usage: node slurm.mjs COMMAND ARGUMENTS…
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const [command, ...args] = process.argv.slice(2)
const state = process.env.SLURM_CONF
const self = fileURLToPath(import.meta.url)
const faults = () =>
  existsSync(join(state, 'faults.json')) ? JSON.parse(readFileSync(join(state, 'faults.json'), 'utf8')) : {}
const fail = text => {
  process.stderr.write(`${command}: error: ${text}\n`)
  process.exit(1)
}
const option = name => args.find(arg => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
const reach = () => {
  if (faults().down) fail('Unable to contact slurm controller (connect failure)')
}

const fileOf = id => join(state, `job-${id}`, 'job.json')
const read = id => JSON.parse(readFileSync(fileOf(id), 'utf8'))
function write(id, changes) {
  const job = { ...(existsSync(fileOf(id)) ? read(id) : {}), ...changes }
  const state = changes.recorded ?? job.state
  job.history = [...(job.history ?? []), { at: Date.now(), state, code: job.code ?? '0:0' }]
  writeFileSync(`${fileOf(id)}.${process.pid}`, JSON.stringify(job))
  renameSync(`${fileOf(id)}.${process.pid}`, fileOf(id))
}
const ids = () =>
  faults().forgetAll
    ? []
    : readdirSync(state)
        .map(name => Number(/^job-(\d+)$/.exec(name)?.[1]))
        .filter(id => id && existsSync(fileOf(id)))
        .sort((a, b) => a - b)
const over = state => !['PENDING', 'RUNNING', 'COMPLETING', 'REQUEUED'].includes(state)
const named = job => (option('name') ?? '').split(',').includes(job.name)

const commands = {
  async sbatch() {
    const { submitMs = 0, refuse, loseReply } = faults()
    if (args.includes('--version')) return void console.log('slurm 24.05.4')
    appendFileSync(join(state, 'sbatch-calls'), `${process.pid}\n`)
    await sleep(submitMs)
    if (refuse) fail(refuse)
    reach()
    const file = args.find(arg => !arg.startsWith('--'))
    const script = readFileSync(file, 'utf8')
    if (!script.startsWith('#!')) fail('This does not look like a batch script.')
    const head = new Map()
    for (const line of script.split('\n').slice(1)) {
      const found = /^#SBATCH --([a-z-]+)(?:=(.*))?$/.exec(line)
      if (!found) break
      head.set(found[1], found[2]?.replace(/^"(.*)"$/, '$1') ?? true)
    }
    for (const arg of args) {
      const found = /^--([a-z-]+)=(.*)$/.exec(arg)
      if (found) head.set(found[1], found[2])
    }
    let id = 1
    for (;;) {
      try {
        mkdirSync(join(state, `job-${id}`))
        break
      } catch {
        id += 1
      }
    }
    writeFileSync(join(state, `job-${id}`, 'script'), script, { mode: 0o700 })
    const job = {
      id,
      name: head.get('job-name'),
      user: userInfo().username,
      output: head.get('output'),
      mode: head.get('open-mode'),
    }
    write(id, { ...job, head: Object.fromEntries(head), state: 'PENDING', reason: 'Priority' })
    appendFileSync(join(state, 'submissions'), `${job.name}\n`)
    spawn(process.execPath, [self, 'slurmd', String(id)], { detached: true, stdio: 'ignore' }).unref()
    await sleep(submitMs)
    if (loseReply) fail('Batch job submission failed: Socket timed out on send/recv operation')
    console.log(args.includes('--parsable') ? String(id) : `Submitted batch job ${id}`)
  },

  /** What the node does with a job. */
  async slurmd() {
    const id = Number(args[0])
    await sleep(faults().startMs ?? 0)
    const job = read(id)
    if (job.state !== 'PENDING') return
    const log = openSync(job.output, job.mode === 'append' ? 'a' : 'w')
    const env = {
      ...process.env,
      SLURM_JOB_ID: String(id),
      SLURM_JOB_NAME: job.name,
      SLURM_RESTART_COUNT: String(job.restarts ?? 0),
    }
    const script = join(state, `job-${id}`, 'script')
    const child = spawn(script, [], { detached: true, stdio: ['ignore', log, log], env, cwd: '/' })
    write(id, { state: 'RUNNING', reason: 'None', node: 'node1', pid: child.pid, daemon: process.pid })
    const [code, signal] = await new Promise(resolve => child.on('exit', (...end) => resolve(end)))
    const now = read(id)
    if (now.daemon !== process.pid || over(now.state) || now.state === 'REQUEUED') return
    if (code === 0) write(id, { state: 'COMPLETED', code: '0:0' })
    else write(id, { state: 'FAILED', reason: 'NonZeroExitCode', code: signal === null ? `${code}:0` : '0:9' })
  },

  async squeue() {
    if (args.includes('--version')) return void console.log('slurm 24.05.4')
    reach()
    const { ageMs = 300_000 } = faults()
    for (const id of ids()) {
      const job = read(id)
      if (!named(job) || job.user !== option('user')) continue
      const old = over(job.state) && Date.now() - job.history.at(-1).at > ageMs
      if (old || (over(job.state) && !args.includes('--states=all'))) continue
      const show = { i: id, T: job.state.split(' ')[0], r: job.reason ?? 'None', N: job.node ?? '' }
      console.log(option('format').replace(/%(\w)/g, (_, letter) => String(show[letter])))
    }
  },

  async sacct() {
    const { lagMs = 0, accountingDown, disabled } = faults()
    if (disabled) fail('Slurm accounting storage is disabled')
    if (accountingDown) fail('Problem talking to the database: Connection refused')
    const since = new Date(option('starttime') ?? new Date().toDateString()).getTime()
    for (const id of ids()) {
      const job = read(id)
      const seen = job.history.filter(({ at }) => at <= Date.now() - lagMs).at(-1)
      if (!seen || !named(job) || seen.at < since) continue
      const show = { JobIDRaw: id, State: seen.state, ExitCode: seen.code }
      console.log(
        option('format')
          .split(',')
          .map(name => show[name])
          .join('|'),
      )
    }
  },

  async scancel() {
    reach()
    const id = Number(args[0])
    if (!existsSync(fileOf(id))) fail(`Kill job error on job id ${id}: Invalid job id specified`)
    const { pid, state: before } = read(id)
    if (over(before)) return
    write(id, { state: `CANCELLED by ${process.getuid()}`, reason: 'None', code: '0:15' })
    if (pid) {
      try {
        process.kill(-pid, 'SIGKILL')
      } catch {
        // Nothing runs any more.
      }
    }
  },

  /** `scontrol end ID STATE [requeue]`: what an operator or the cluster does to a job. */
  async scontrol() {
    const [, id, end, requeue] = args
    const { pid } = read(id)
    // The controller shows what is put back into the queue as ending, then as waiting; accounting, why it ended.
    const shown = requeue ? { state: 'COMPLETING', recorded: end } : { state: end }
    write(id, { ...shown, reason: end, code: '0:0', daemon: null, restarts: (read(id).restarts ?? 0) + 1 })
    if (pid) {
      try {
        process.kill(-pid, 'SIGKILL')
      } catch {
        // Nothing runs any more.
      }
    }
    if (!requeue) return
    await sleep(Number(requeue))
    write(id, { state: 'PENDING', reason: 'BeginTime' })
    spawn(process.execPath, [self, 'slurmd', id], { detached: true, stdio: 'ignore' }).unref()
  },

  /** Runs a step, once for a task. */
  async srun() {
    const first = args.findIndex(arg => !arg.startsWith('--'))
    const chdir = args.slice(0, first).find(arg => arg.startsWith('--chdir='))
    const job = JSON.parse(readFileSync(fileOf(process.env.SLURM_JOB_ID), 'utf8'))
    const once = args.slice(0, first).includes('--ntasks=1')
    const tasks = once ? 1 : Number(job.head['ntasks-per-node'] ?? 1) * Number(job.head.nodes ?? 1)
    appendFileSync(join(state, 'srun-calls'), `${JSON.stringify(args)}\n`)
    for (let task = 0; task < tasks; task++) {
      const { status } = spawnSync(args[first], args.slice(first + 1), {
        stdio: 'inherit',
        env: { ...process.env, SLURM_PROCID: String(task) },
        ...(chdir && { cwd: chdir.slice(8) }),
      })
      if (status !== 0) process.exit(status ?? 1)
    }
  },
}

await commands[command]()
