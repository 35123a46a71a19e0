/**
 * Stands in for `steerflow baseline train` where a test is about processes: behaves as behaviour.json in the snapshot
 * folder says, where there is one, and writes a line to `starts` there each time it is started and ready for signals. With
 * `until` it goes on until there is a file of that name in the snapshot folder: a test says when it ends, however slow the
 * machine is.
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
  until = null,
} = existsSync(`${snapshot}/behaviour.json`) ? JSON.parse(readFileSync(`${snapshot}/behaviour.json`, 'utf8')) : {}

console.log('training')
if (stubborn) process.on('SIGTERM', () => undefined)
if (child) spawn('sleep', ['300'], { stdio: 'ignore' })
appendFileSync(`${snapshot}/starts`, `${process.pid}\n`)
const end = () => {
  if (model) {
    mkdirSync(output, { recursive: true })
    writeFileSync(`${output}/model.json`, '{"weights": []}')
    writeFileSync(`${output}/metrics.json`, '{"about": "a fake", "metrics": []}')
  }
  console.error(`done with ${code}`)
  process.exit(code)
}
if (until === null) setTimeout(end, milliseconds)
else {
  const look = setInterval(() => {
    if (!existsSync(`${snapshot}/${until}`)) return
    clearInterval(look)
    end()
  }, 10)
}
