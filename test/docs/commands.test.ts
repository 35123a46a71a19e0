import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { allCommands } from '../../scripts/cli-page.js'
import { fencedBlocks } from './markdown.js'

const commands = allCommands()

/** The folder of the project that a page is of: an example may be one by itself. */
const projectOf = (page: string): string => (existsSync(join(dirname(page), 'package.json')) ? dirname(page) : '.')

/** Every command line of the pages written by hand, as words, and the project that it is of. */
const lines = ['.', 'docs', 'examples']
  .flatMap(folder =>
    readdirSync(folder, { recursive: folder !== '.', encoding: 'utf8' }).map(name => join(folder, name)),
  )
  .filter(path => path.endsWith('.md'))
  .flatMap(path =>
    fencedBlocks(readFileSync(path, 'utf8'), 'sh')
      .flatMap(block => block.split(/\n|&& /))
      .map(line => [line.replace(/\s+[#&].*/, '').trim(), projectOf(path)] as const),
  )
  .filter(([line]) => /^(steerflow|npm) /.test(line))

it('finds command lines', () => expect(lines.length).toBeGreaterThan(10))

it.each(lines.filter(([line]) => line.startsWith('npm ')))(
  '%s is a script of the package.json in %s',
  (line, folder) => {
    const [, verb, script] = line.split(/\s+/) as [string, string, string?]
    const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { scripts: object }
    // A project without a lock file has nothing that `ci` could install.
    const installs = existsSync(join(folder, 'package-lock.json')) ? 'ci' : 'install'
    if (verb !== installs) expect(Object.keys(scripts)).toContain(verb === 'run' ? script : verb)
  },
)

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
