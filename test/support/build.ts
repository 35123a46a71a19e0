import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/**
 * Worker threads and child processes run the compiled code, so every test run compiles first (incremental: seconds).
 * Type errors are the business of `npm run typecheck`; what compiles to JavaScript is tested. `npm test` compiles once for
 * all of its tiers.
 */
export default function setup(): void {
  if (process.env.STEERFLOW_BUILT === '1') return
  spawnSync(process.execPath, ['node_modules/typescript7/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
  spawnSync(process.execPath, ['scripts/finish-build.mjs'], { stdio: 'inherit' })
  if (!existsSync('dist/index.js')) throw new Error('nothing was compiled')
}
