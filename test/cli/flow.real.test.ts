import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { annotated, scored, unscoredClean } from '../../src/topics.js'
import { runCli, startCli, startNode } from '../support/cli.js'
import { temporary } from '../support/pipelines.js'
import { wayTo } from '../support/way.js'

const program = pathToFileURL('dist/index.js').href
const zod = pathToFileURL('node_modules/zod/index.js').href

/** A stage that marks what it has seen, before the value model. */
const stamped = (base: string) => `
  import { changed, Conversation, defineFlow, each, topic, topics } from '${program}'
  import { z } from '${zod}'
  const stamp = each({
    name: 'stamp',
    summary: 'Marks conversations.',
    input: Conversation,
    ports: { stamped: Conversation, long: Conversation },
    options: z.strictObject({ most: z.int().default(40).describe('most turns') }),
    examples: [],
    create: ({ options, to }) => record =>
      record.conversations.length > options.most ? to.long(record) : to.stamped(changed(record, { system: record.system + '!' }, { stage: 'stamp', options })),
  })
  const like = name => topic({ ...topics.unscoredClean, name: 'conversations.' + name, summary: name + ' conversations' })
  export default defineFlow(base => ${base})
`
const whole = `base.insertBefore('annotate', {
  name: 'stamp', stage: stamp, port: 'stamped', through: like('stamped'), to: { long: like('long') },
})`

const trees = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n')
interface Message {
  readonly replies?: readonly Message[]
}
const paths = ({ replies = [] }: Message): number => replies.reduce((sum, one) => sum + paths(one), 0) || 1
const pathsOf = (lines: readonly string[]): number =>
  lines.reduce((sum, line) => sum + paths((JSON.parse(line) as { prompt: Message }).prompt), 0)

describe('a pipeline of one’s own', () => {
  const folder = temporary.forSuite()
  const at = (name: string): string => join(folder, name)
  const flags = ['--config', at('own/steerflow.yaml')]
  const some = trees.slice(0, 24)
  const run = (...args: readonly string[]) => runCli([...args, ...flags])

  beforeAll(async () => {
    await mkdir(at('own'))
    await writeFile(at('own/flow.mjs'), stamped(whole))
    // A path in the file is one from the file's folder.
    await writeFile(at('own/steerflow.yaml'), `flow: ./flow.mjs\ndataDir: ${at('data')}\nstamp: { most: 3 }\n`)
    await writeFile(at('some.jsonl'), some.join('\n'))
    const { code, stderr } = await run('quickstart', at('some.jsonl'))
    expect(code, stderr).toBe(0)
  })

  it('runs: every record goes through its node, whose option the configuration sets', async () => {
    const { stdout } = await run('status', '--json')
    const rows = JSON.parse(stdout) as readonly { node: string; topic: string; end: string }[]
    const ends = (node: string) => rows.filter(row => row.node === node).reduce((sum, { end }) => sum + Number(end), 0)
    expect(ends('stamp')).toBe(pathsOf(some))
    expect(ends('annotate')).toBeGreaterThan(20)
    expect(ends('annotate')).toBeLessThan(pathsOf(some))
    expect(ends('clean-scored')).toBe(ends('annotate'))
    const { stdout: scored } = await run('tap', 'conversations.scored', '--limit', '5')
    expect(scored).toContain("user's questions.\\n\\n!")
  })

  it.each([
    [
      'graph',
      ['graph'],
      /stamp +conversations.unscored-clean +stamped → conversations.stamped, long → conversations.long/,
    ],
    [
      'graph --format mermaid',
      ['graph', '--format', 'mermaid'],
      /conversations_stamped\(\[conversations\.stamped\]\) --> annotate/,
    ],
    ['topics plan', ['topics', 'plan'], /conversations\.stamped +4 +4/],
    ['config show', ['config', 'show'], /flow: .*own\/flow\.mjs\n[^]*stamp:\n {2}most: 3\n/],
    ['config check', ['config', 'check'], /the configuration is consistent/],
    ['config show --variables', ['config', 'show', '--variables'], /STEERFLOW_STAMP_MOST +stamp\.most/],
    ['doctor', ['doctor'], /every node can resume at its offset/],
    ['dead-letters list --node', ['dead-letters', 'list', '--node', 'stamp'], /./],
    ['run --nodes', ['run', '--nodes', 'stamp', '--until-idle'], /^$/],
    [
      'offsets reset',
      ['offsets', 'reset', '--node', 'stamp', '--to-earliest', '--dry-run'],
      /to conversations\.stamped and conversations\.long/,
    ],
  ])('is what %s works on', async (_, args, expected) => {
    const { code, stdout, stderr } = await run(...args)
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(expected)
  })

  it('is told what it does again in a deployment that has data, before it does it', async () => {
    const data = ['--data-dir', at('there')]
    const own = [...data, '--flow', at('own/flow.mjs')]
    const file = at('few.jsonl')
    await writeFile(file, trees.slice(0, 4).join('\n'))
    expect((await runCli(['run', '--dry-run', ...data])).code).toBe(2)
    expect((await runCli(['quickstart', file, ...data])).code).toBe(0)
    expect((await runCli(['run', '--dry-run', ...data])).stdout).toBe('nothing to do\n')

    const dry = await runCli(['run', '--dry-run', ...own])
    expect(dry.stdout, dry.stderr).toMatch(/^stamp +conversations\.unscored-clean +\d+$/m)
    expect(dry.stdout).toMatch(
      /begins: stamp is new and reads conversations\.unscored-clean from its beginning: \d+ records\n/,
    )
    expect(dry.stdout).toMatch(
      /begins: annotate has read conversations\.unscored-clean, and now reads conversations\.stamped from its beginning: \d+ records, which cost calls of inference servers; their outputs exist already\n/,
    )
    expect(dry.stdout).toContain(
      'left over: the group annotate has read conversations.unscored-clean but belongs to no node\n',
    )
    expect(dry.stdout).toContain('run steerflow offsets reset --node stamp --to-latest first.')
    const doctor = await runCli(['doctor', ...own])
    expect(doctor.stdout).toMatch(/^new nodes +warn +stamp is new/m)

    expect((await runCli(['offsets', 'reset', '--node', 'stamp', '--to-latest', ...own])).code).toBe(0)
    const { code, stderr } = await runCli(['run', '--until-idle', ...own])
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/"event":"begins","node":"annotate"/)
    expect(stderr).toMatch(/"event":"ended".*"committed":0/)
    expect((await runCli(['run', '--dry-run', ...own])).stdout).toMatch(/^nothing to do\n/)
    // Back in the old pipeline the topic of the new one is what is left over.
    const back = await runCli(['run', '--dry-run', ...data])
    expect(back.stdout).toContain('left over: the topic conversations.stamped belongs to no node\n')
  })

  it('is defined as the document says', async () => {
    const [module] = /(?<=```js\n\/\/ flow\.js\n)[^]*?(?=```)/.exec(readFileSync('docs/flows.md', 'utf8'))!
    const [configuration] = /(?<=```yaml\n)[^]*?(?=```)/.exec(readFileSync('docs/flows.md', 'utf8'))!
    await writeFile(at('flow.js'), module.replace("'steerflow'", `'${program}'`).replace("'zod'", `'${zod}'`))
    await writeFile(at('package.json'), '{ "type": "module" }')
    await writeFile(at('steerflow.yaml'), configuration)
    const shown = await runCli(['config', 'show'], { cwd: folder })
    expect(shown.stdout, shown.stderr).toMatch(/short:\n {2}most: 10\n/)
    const graph = await runCli(['graph'], { cwd: folder })
    expect(graph.stdout).toContain('conversations.short')
    const begun = await runCli(['init', '--flow', 'flow.js', '--force'], { cwd: folder })
    expect(begun.stdout).toBe('wrote steerflow.yaml\n')
    expect(readFileSync(at('steerflow.yaml'), 'utf8')).toMatch(
      /^flow: "flow.js"$[^]*^#short:\n# {2}# most turns of a short one\n# {2}most: 40$/m,
    )
    expect((await runCli(['config', 'check'], { cwd: folder })).code).toBe(0)
  })

  it('is that of a program of one’s own', async () => {
    const own = (flow: string) => `
      import { main } from '${pathToFileURL('dist/cli/own-program.js').href}'
      import flow from '${pathToFileURL(at('own/flow.mjs')).href}'
      await main(process.argv.slice(2), { ${flow} })`
    await writeFile(at('program.mjs'), own('flow'))
    const graph = await startNode([at('program.mjs'), 'graph']).ended
    expect(graph.stdout, graph.stderr).toContain('conversations.stamped')
    const { code, stderr } = await startNode([at('program.mjs'), 'graph', ...flags]).ended
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/names the flow .*flow\.mjs, but this program has its own/),
    ])
  })

  it('reports its loading when that takes long', async () => {
    const [pipe, slow] = [at('pipe'), at('slow.mjs')]
    execFileSync('mkfifo', [pipe])
    // The module waits for the pipe; the test writes to it once the load is reported.
    await writeFile(
      slow,
      `import { readFile } from 'node:fs/promises'
       await readFile(${JSON.stringify(pipe)})
       export { default } from './own/flow.mjs'`,
    )
    const { ended, printed } = startCli(['graph', '--flow', slow])
    await printed(output => output.includes('"event":"loading"'))
    await writeFile(pipe, '\n')
    const { code, stdout, stderr } = await ended
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('conversations.stamped')
    const told = stderr
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { event: string; what: string; msg: string })
    expect(told).toMatchObject([
      { event: 'loading', what: `the flow ${slow}`, msg: `loading the flow ${slow}` },
      { event: 'loaded', what: `the flow ${slow}` },
    ])
  })

  it('scores files', async () => {
    const turn = (from: string, value: string) => ({ from, value })
    const line = (turns: number) =>
      JSON.stringify({
        conversations: Array.from({ length: turns }, (_, at) => turn(at % 2 ? 'gpt' : 'human', `${at}.`)),
      })
    await writeFile(at('chats.jsonl'), `${line(2)}\n${line(6)}\n`)
    const { code, stdout, stderr } = await run('score', at('chats.jsonl'))
    expect(code, stderr).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain('went to conversations.long, which is not scored')
  })

  it('is traced', async () => {
    const { stdout } = await run('tap', 'conversations.scored', '--limit', '1', '--values')
    const { id } = (JSON.parse(stdout) as { steerflow: { id: string } }).steerflow
    const traced = await run('trace', id)
    expect(traced.stdout).toMatch(/changed by +stamp with options [0-9a-f]{12}; it was [0-9a-f]{12} before/)
    // The whole way, also of what it was before.
    const before = [...wayTo(unscoredClean).map(({ from }) => from.name), unscoredClean.name]
    const way = [...before, 'conversations.stamped', annotated.name, scored.name].map(name => `${name}/`)
    expect([...traced.stdout.matchAll(/→ (\S+\/)/g)].map(([, topic]) => topic)).toEqual(way)
    const { changes } = JSON.parse((await run('trace', id, '--json')).stdout) as {
      changes: readonly { parent: string }[]
    }
    expect((await run('trace', changes[0]!.parent)).stdout).toBe(traced.stdout)
  })

  it.each<[what: string, module: string | null, command: string, message: RegExp]>([
    [
      'no such module',
      null,
      'config check --flow nowhere.mjs',
      /there is no module .*nowhere\.mjs, which --flow names as the flow/,
    ],
    ['a module that fails', "throw new Error('of its own')", 'graph', /cannot be loaded: of its own/],
    ['a module with an error of syntax', 'export default (', 'run --until-idle', /cannot be loaded/],
    ['no default export', 'export const flow = 1', 'config check', /the default export of .* is not a flow/],
    [
      'a flow that cannot be',
      stamped(`base.without('annotate')`),
      'graph',
      /clean-scored reads conversations.annotated, which no node writes any more/,
    ],
    [
      'a key that only another flow has',
      stamped('base'),
      'run --until-idle --set stamp.most=3',
      /Unrecognized key: \\?"stamp/,
    ],
  ])('is refused with exit code 2: %s', async (_, module, command, message) => {
    const file = at(`${Math.random()}.mjs`)
    if (module !== null) await writeFile(file, module)
    const flow = module === null ? [] : ['--flow', file]
    const { code, stderr } = await runCli([...command.split(' '), '--data-dir', at('none'), ...flow])
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
  })
})
