/**
 * Stands in for `steerflow baseline train` where a test is about processes: behaves as behaviour.json in the snapshot
 * folder says, where there is one, and writes a line to `starts` there each time it is started.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'

const option = name => process.argv[process.argv.indexOf(name) + 1]
const [snapshot, output] = [option('--snapshot'), option('--output')]
const {
  milliseconds = 0,
  code = 0,
  stubborn = false,
  child = false,
  model = true,
} = existsSync(`${snapshot}/behaviour.json`) ? JSON.parse(readFileSync(`${snapshot}/behaviour.json`, 'utf8')) : {}

console.log('training')
appendFileSync(`${snapshot}/starts`, `${process.pid}\n`)
if (stubborn) process.on('SIGTERM', () => undefined)
if (child) spawn('sleep', ['300'], { stdio: 'ignore' })
setTimeout(() => {
  if (model) {
    mkdirSync(output, { recursive: true })
    writeFileSync(`${output}/model.json`, '{"weights": []}')
    writeFileSync(`${output}/metrics.json`, '{"about": "a fake", "metrics": []}')
  }
  console.error(`done with ${code}`)
  process.exit(code)
}, milliseconds)
