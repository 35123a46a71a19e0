import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { startNode } from '../support/cli.js'

const folder = 'examples/06-own-flow'

/** What the example wants beside the package, as `npm install` takes it. */
export const librariesOfExample = (): readonly string[] => {
  const Manifest = z.object({ dependencies: z.record(z.string(), z.string()) })
  const { dependencies } = Manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  return Object.entries(dependencies).flatMap(([name, range]) => (name === 'steerflow' ? [] : [`${name}@${range}`]))
}

/** Trees of the shipped file in whose texts people wrote links or an e-mail address. */
const trees = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8')
  .split('\n')
  .filter((_, line) => [26, 76, 122, 155].includes(line))
const cases = readFileSync(join(folder, 'export.jsonl'), 'utf8').trim().split('\n')

interface Message {
  readonly text: string
  readonly replies?: readonly Message[]
}
const paths = ({ replies = [] }: Message): number => replies.reduce((sum, one) => sum + paths(one), 0) || 1
const treesOf = (lines: readonly string[]) =>
  lines.flatMap(line => {
    const { message_tree_id: id, prompt } = JSON.parse(line) as { message_tree_id: string; prompt: Message }
    return Array.from({ length: paths(prompt) }, () => id)
  })

/** The tree of each record that has to be sealed, by dataset. */
export const expected = {
  'value-model': treesOf(trees).sort(),
  steerlm: [...treesOf(trees), ...cases.map(line => (JSON.parse(line) as { case: string }).case)].sort(),
}

/** Copies the example, with conversations of people beside its own: `trees.jsonl`. */
export function copyExample(into: string): void {
  cpSync(folder, into, { recursive: true })
  writeFileSync(join(into, 'trees.jsonl'), trees.join('\n'))
}

const Sealed = z.object({
  conversations: z.array(z.object({ value: z.string() })),
  system: z.string(),
  tree_id: z.string(),
  steerflow: z.object({ id: z.string(), lineage: z.object({ changes: z.array(z.unknown()).optional() }) }),
})
type Sealed = z.output<typeof Sealed>

/** The records of the shards of a data folder, by dataset. */
export function sealedIn(data: string): Readonly<Record<keyof typeof expected, readonly Sealed[]>> {
  const of = (dataset: string): readonly Sealed[] => {
    const shards = join(data, 'shards', dataset)
    return readdirSync(shards, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.jsonl'))
      .flatMap(name => readFileSync(join(shards, name), 'utf8').trim().split('\n'))
      .map(line => Sealed.parse(JSON.parse(line)))
  }
  return { 'value-model': of('value-model'), steerlm: of('steerlm') }
}

/** What looks like personal data, found in another way than the example's. */
const personal = [
  /[\w.+-]+@[\w-]+\.[\w.]+/g,
  /(?:https?:\/\/|www\.)[^\s)]+/g,
  /\+\d[\d ]{8,}\d|\(?\d{3}\)?[-. ]\d{3}[-.]\d{4}/g,
]

/** All that looks so in texts. */
export const personalIn = (texts: readonly string[]): readonly string[] =>
  texts.flatMap(text => personal.flatMap(one => text.match(one) ?? []))

export const textsOf = ({ conversations, system }: Sealed): readonly string[] => [
  system,
  ...conversations.map(({ value }) => value),
]

/** What people wrote, and in what of it personal data stands. */
export const written = [...trees, ...cases]

/** The example's server; `set` is what a command is told of it. */
export async function startRating(example: string) {
  const { child, printed } = startNode([join(example, 'rating-server.js')])
  let url = ''
  await printed(output => (url = /http:\S+/.exec(output)?.[0] ?? '') !== '')
  const endpoints = JSON.stringify([{ url, protocol: 'rating' }])
  return { set: ['--set', `annotate.endpoints=${endpoints}`], stop: () => child.kill() }
}
