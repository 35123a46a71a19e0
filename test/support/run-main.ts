import { main } from '../../src/cli/program.js'

/** Runs a command line within this process, and returns what it printed. */
export async function runMain(argv: readonly string[], columns?: number) {
  let out = ''
  let err = ''
  const code = await main(argv, {
    out: text => void (out += String(text)),
    err: text => void (err += text),
    interactive: false,
    ...(columns !== undefined && { columns }),
  })
  return { code, out, err }
}
