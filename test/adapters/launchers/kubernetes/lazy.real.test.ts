import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../../../dist/cli/main.js', import.meta.url))

it('the client of Kubernetes is not loaded by commands that do not need it', () => {
  const env = { ...process.env, NODE_DEBUG: 'esm' }
  const { stderr } = spawnSync(process.execPath, [main, 'graph'], { env, encoding: 'utf8', maxBuffer: 1 << 28 })
  expect(stderr).toContain('node_modules/zod')
  expect(stderr).not.toContain('client-node')
})
