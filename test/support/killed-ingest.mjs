/**
 * Ingests a file with the compiled code and kills itself with SIGKILL at its nth step: a read of the file or of the log, a
 * claim, a commit (before it, while it is under way, and behind it). With more than there are it lives.
 * Usage: node killed-ingest.mjs N CONFIG FILE
 */
import fs from 'node:fs/promises'

const [n, given, file] = process.argv.slice(2)
let left = Number(n)
const step = () => {
  if (--left === 0) process.kill(process.pid, 'SIGKILL')
}

const handle = await fs.open('/dev/null')
const prototype = Object.getPrototypeOf(handle)
await handle.close()
const stepped = (owner, name) => {
  const original = owner[name]
  owner[name] = function (...args) {
    step()
    return original.apply(this, args)
  }
}

const dist = path => import(new URL(`../../dist/${path}`, import.meta.url).href)
const [{ Config }, { openWorkspace }, { ingestFiles }] = await Promise.all(
  ['cli/config.js', 'cli/workspace.js', 'cli/run/ingest-files.js'].map(dist),
)
const workspace = await openWorkspace(Config.parse(JSON.parse(given)), { begins: true })
const { log } = workspace
stepped(prototype, 'read')
for (const name of ['read', 'state']) stepped(log, name)
const claim = log.claim.bind(log)
log.claim = async (...args) => {
  step()
  const claimed = await claim(...args)
  step()
  const commit = claimed.commit.bind(claimed)
  claimed.commit = async (...outputs) => {
    step()
    const done = commit(...outputs)
    step()
    await done
    step()
  }
  return claimed
}
console.log(JSON.stringify(await ingestFiles(workspace, [file], {}, { tell: text => console.log(text) })))
await workspace.close()
