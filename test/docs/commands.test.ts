import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { allCommands } from '../../scripts/cli-page.js'
import { fencedBlocks } from './markdown.js'

const commands = allCommands()
const scripts = Object.keys((JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }).scripts)

/** Every command line of the pages written by hand, as words. */
const lines = ['.', 'docs', 'examples']
  .flatMap(folder =>
    readdirSync(folder, { recursive: folder !== '.', encoding: 'utf8' }).map(name => join(folder, name)),
  )
  .filter(path => path.endsWith('.md'))
  .flatMap(path => fencedBlocks(readFileSync(path, 'utf8'), 'sh').flatMap(block => block.split(/\n|&& /)))
  .filter(line => /^(steerflow|npm) /.test(line))
  .map(line => [line.replace(/\s+#.*/, '').trim()] as const)

it('finds command lines', () => expect(lines.length).toBeGreaterThan(10))

it.each(lines.filter(([line]) => line.startsWith('npm ')))('%s is a script of package.json', line => {
  const [, verb, script] = line.split(/\s+/) as [string, string, string?]
  if (verb === 'run') expect(scripts).toContain(script)
  else expect(['ci', 'start', 'test']).toContain(verb)
})

it.each(lines.filter(([line]) => line.startsWith('steerflow ')))('%s is a command with such flags', line => {
  const words = line.split(/\s+/)
  let name = words[0]!
  for (const word of words.slice(1)) {
    if (!commands.has(`${name} ${word}`)) break
    name = `${name} ${word}`
  }
  const known = commands.get(name)!.options.map(option => option.long)
  const used = words.filter(word => word.startsWith('--')).map(word => word.split('=')[0]!.replaceAll('_', '-'))
  expect([...known, '--help']).toEqual(expect.arrayContaining(used))
  expect(commands.get(name)!.commands, `${name} wants a command below it`).toEqual([])
})
