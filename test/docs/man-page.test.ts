import { expect, it } from 'vitest'
import { allCommands } from '../../scripts/cli-page.js'
import { manPage } from '../../scripts/man-page.js'

const lines = manPage('made').split('\n')
const shown = lines.join('\n').replaceAll('\\-', '-')

it('names every command that does something, with all of its options', () => {
  for (const [path, command] of [...allCommands()].slice(1)) {
    if (command.commands.length > 0) continue
    expect(shown).toContain(`\n.SS ${path} `)
    for (const { flags } of command.options) expect(shown).toContain(`\n\\fB${flags}\\fR\n`)
  }
})

it('is ASCII, and holds no request but those that it means', () => {
  const requests = lines.flatMap(line => /^[.']\S*/.exec(line) ?? [])
  expect(new Set(requests)).toEqual(new Set(['.\\"', '.TH', '.SH', '.B', '.SS', '.TP', '.PP', '.EX', '.EE']))
  expect(lines.filter(line => /[^ -~]/.test(line))).toEqual([])
})
