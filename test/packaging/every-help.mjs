// Prints the help of every command that docs/cli.md of an installation describes; fails at the first that has none. The
// installation's folder is the first argument.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = join(process.argv[2], 'node_modules/steerflow')
const { main } = await import(pathToFileURL(join(folder, 'dist/cli/program.js')).href)
const headings = readFileSync(join(folder, 'docs/cli.md'), 'utf8').matchAll(/^## steerflow ?(.*)$/gm)
const commands = [...headings].map(([, words]) => words.split(' ').filter(Boolean))
for (const words of commands) {
  let out = ''
  const take = text => void (out += text)
  const code = await main([...words, '--help'], { out: take, err: take, interactive: false, columns: 80 })
  if (code !== 0 || !out.startsWith(`Usage: ${['steerflow', ...words].join(' ')}`)) {
    throw new Error(`${words.join(' ')} --help ended with ${code} and said: ${out.slice(0, 300)}`)
  }
}
process.stdout.write(`${commands.length}\n`)
