import { execFileSync } from 'node:child_process'

/** Worker threads and child processes run the compiled code, so every test run compiles first (incremental: seconds). */
export default function setup(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
}
