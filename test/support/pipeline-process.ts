import { fileURLToPath } from 'node:url'
import { startNode } from './cli.js'

/** How a process ended, with all that it printed. */
export interface PipelineEnd {
  readonly code: number | null
  readonly signal: string | null
  readonly output: string
}

const trainer = fileURLToPath(new URL('./fake-trainer.mjs', import.meta.url))

/** Starts one of the pipelines beside this file that may kill themselves; jobs are run by the fake trainer. */
export function startPipeline(script: string, settings: object) {
  const programs = { steerflow: [process.execPath, trainer] }
  const path = fileURLToPath(new URL(script, import.meta.url))
  const { child, ended, printed } = startNode([path, JSON.stringify({ programs, ...settings })])
  const end = ended.then(({ code, signal, stdout, stderr }): PipelineEnd => ({ code, signal, output: stdout + stderr }))
  return { child, ended: end, printed }
}
