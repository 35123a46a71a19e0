import { readFileSync } from 'node:fs'
import { type Recorded, records } from '../bench/record.js'

export const pagePath = 'docs/benchmarks.md'

const number = (value: number): string => String(Number(value.toPrecision(4)))

function rows(benchmark: string, part: string, { taken, commit, machine, figures }: Recorded): readonly string[] {
  const when = `${taken.slice(0, 16).replace('T', ' ')}, \`${commit.slice(0, 7)}\`, ${machine.cpus} processors, load ${machine.load}, Node ${machine.node.slice(1)}`
  return figures.map(({ name, value, unit, goal, met, spread }, index) => {
    const judged = goal === null ? 'reported' : met ? 'met' : '**not met**'
    const [least, most] = spread
    const range = least === most ? '–' : `${number(least)}–${number(most)}`
    const lead = index === 0 ? `\`${benchmark} --only ${part}\` | ${when}` : ' | '
    return `| ${lead} | ${name} | ${number(value)}${unit === 'ratio' ? '' : ` ${unit}`} | ${range} | ${goal ?? '–'} | ${judged} |`
  })
}

/** docs/benchmarks.md with its table of recorded figures drawn anew; the rest is written by hand. */
export function benchmarksPage(): string {
  const all = Object.entries(records()).flatMap(([benchmark, parts]) =>
    Object.entries(parts).flatMap(([part, one]) => rows(benchmark, part, one)),
  )
  const head = ['| command | taken | figure | median | spread | goal | |', '|---|---|---|---|---|---|---|']
  const table = all.length === 0 ? ['No run has recorded any yet.'] : [...head, ...all]
  return readFileSync(pagePath, 'utf8').replace(
    /(?<=<!-- figures: .* -->\n)[^]*?(?=<!-- \/figures -->)/,
    () => `\n${table.join('\n')}\n\n`,
  )
}
