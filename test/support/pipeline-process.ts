import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

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
  const child = spawn(process.execPath, [path, JSON.stringify({ programs, ...settings })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<PipelineEnd>(resolve =>
    child.on('close', (code, signal) => resolve({ code, signal, output })),
  )
  return { child, ended }
}
