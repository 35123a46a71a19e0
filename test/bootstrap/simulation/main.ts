import { scriptArguments } from '../../../scripts/script-arguments.js'
import { proportionInterval } from '../../support/proportion-interval.js'
import { simulatedLoop, type SimulatedLoop } from './loop.js'
import { scenarios } from './scenarios.js'

const help = `Usage: npm run simulate -- [options]

How often the stop rule of bootstrap rounds is wrong where the truth is known, as a table for docs/bootstrap.md. Policy, judge
and training are simulated; gate, account and stop rule are those of the program with their default settings.

${[...new Set(scenarios.map(({ name, right }) => `  ${name}: right is: ${right}`))].join('\n')}

Options:
  --seeds N        loops of each world (100)
  --first S        seed of the first of them (1001)
  --prompts N,…    prompts of a round (100,400)
  --only TEXT      the worlds whose names hold it
  --answers N      answers to each prompt (4)
  --help           print this

Exit code: 0 when the table is printed, 2 for a wrong command line.
`
const { values } = scriptArguments(help, {
  options: {
    seeds: { type: 'string', default: '100' },
    first: { type: 'string', default: '1001' },
    prompts: { type: 'string', default: '100,400' },
    only: { type: 'string', default: '' },
    answers: { type: 'string', default: '4' },
  },
})
const [seeds, first, answers] = [Number(values.seeds), Number(values.first), Number(values.answers)]

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`
const interval = async (hits: number): Promise<string> => {
  const { low, high } = await proportionInterval(hits, seeds)
  return `${hits} of ${seeds} (${percent(low)} to ${percent(high)})`
}
const mean = (loops: readonly SimulatedLoop[], of: (loop: SimulatedLoop) => number): string =>
  (loops.reduce((sum, loop) => sum + of(loop), 0) / loops.length).toFixed(2)

console.log(
  '| world | prompts | right | wrong | kept a model that is worse than the first | true gain of the model kept |',
)
console.log('|---|---|---|---|---|---|')
for (const { name, world, right, isRight } of scenarios.filter(({ name }) => name.includes(values.only))) {
  for (const prompts of values.prompts.split(',').map(Number)) {
    const loops: SimulatedLoop[] = []
    for (let at = 0; at < seeds; at++) loops.push(await simulatedLoop(world, { prompts, answers }, first + at))
    const wrong = loops.filter(loop => !isRight(loop)).length
    const gained = ({ truths, best }: SimulatedLoop): number => truths[best - 1]! - truths[0]!
    const worse = loops.filter(loop => gained(loop) < -1e-9).length
    console.log(
      `| ${name} | ${prompts} | ${right} | ${await interval(wrong)} | ${await interval(worse)} | ${mean(loops, gained)} |`,
    )
    const ends = new Map<string, number>()
    for (const { verdicts } of loops) {
      const end = `${verdicts.at(-1)!.rule} in round ${verdicts.length}`
      ends.set(end, (ends.get(end) ?? 0) + 1)
    }
    console.error(`  ended by: ${[...ends].map(([end, count]) => `${end} (${count})`).join(', ')}`)
  }
}
