import { spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'

const script = `
const { openSource } = await import('./dist/adapters/source/open-source.js')
const source = await openSource('-')
const keys = []
for await (const item of source.items()) keys.push(item.key ?? item.code)
for await (const item of source.items()) keys.push(item.key ?? item.code)
await source.close()
console.log(source.name, keys.join(' '))
`

it('reads standard input as often as it has to, compressed or not', () => {
  const lines = '{"message_tree_id":"a","prompt":{}}\nbad'
  for (const input of [lines, gzipSync(lines)]) {
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { input })
    expect(run.stderr.toString()).toBe('')
    expect(run.stdout.toString()).toBe('standard input a STEERFLOW_INPUT_JSON a STEERFLOW_INPUT_JSON\n')
  }
})
