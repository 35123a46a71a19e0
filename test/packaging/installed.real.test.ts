import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeVersions } from '../../scripts/parts/node-versions.js'
import { runCommand } from '../../scripts/parts/commands.js'
import { jsonPath } from '../support/tokenizer-json.js'
import { describeWith } from '../support/parts/describe-with.js'
import { barePath, type Ended, installPackage, npm, pack, runBare } from './installation.js'
import {
  copyExample,
  expected,
  librariesOfExample,
  personalIn,
  sealedIn,
  startRating,
  textsOf,
  written,
} from './own-flow.js'

const nodes = nodeVersions() ?? []
const oldest = nodes[0]?.node ?? ''
/** `nobody`, where this may start processes of others: it owns nothing here but its working folder, and has no home. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {}
const trees = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n').slice(0, 24).join('\n')

/** A module of the example's flow with one of its nodes under another name. */
const renamed = `
import { node } from 'steerflow'
import flow from './flow.js'
const { stage, from, to } = flow.node('redact-unscored')
export default flow.replace('redact-unscored', node('redact-again', stage, { from, to }))
`

const needsNodes = await describeWith('node-versions')

needsNodes('the packed package, in an empty folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'steerflow packed '))
  const full = join(root, 'with everything')
  const lean = join(root, 'without optional packages')
  const path = Object.fromEntries(nodes.map(({ version, node }) => [version, barePath(join(root, version), node)]))
  let archive = ''
  let made = 0
  chmodSync(root, 0o755)

  /** Runs the command as npm links it, by another user, without a home, in a folder that was empty. */
  function steerflow(folder: string, version: string, args: readonly string[]): Promise<Ended> {
    const cwd = join(root, `work ${(made += 1)}`)
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'trees.jsonl'), trees)
    if (nobody.uid !== undefined) chownSync(cwd, nobody.uid, nobody.uid)
    return runBare(join(folder, 'node_modules/.bin/steerflow'), args, { cwd, env: { PATH: path[version]! }, ...nobody })
  }

  beforeAll(async () => {
    archive = await pack(root)
    await installPackage(nodes.at(-1)!.node, archive, full, librariesOfExample())
    await installPackage(oldest, archive, lean, ['--omit=optional'])
    for (const folder of [full, lean]) {
      copyFileSync('examples/03-own-stage/long-replies.ts', join(folder, 'long-replies.ts'))
      const program = readFileSync('test/packaging/own-stage.ts', 'utf8')
      writeFileSync(join(folder, 'own-stage.ts'), program.replace(/'.*\/long-replies\.js'/, "'./long-replies.js'"))
      copyFileSync('test/packaging/every-help.mjs', join(folder, 'every-help.mjs'))
      const compilerOptions = {
        ...{ target: 'ES2023', module: 'NodeNext', strict: true, skipLibCheck: false, outDir: 'compiled' },
        ...{ types: ['node'], typeRoots: [resolve('node_modules/@types')] },
      }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    }
  }, 600_000)
  afterAll(() => rm(root, { recursive: true, force: true }), 600_000)

  it('has the compiled program and what it reads, and nothing else', async () => {
    const listed = (await runCommand('tar', ['-tzf', archive])).trim().split('\n')
    const names = listed.map(name => name.replace(/^package\//, ''))
    expect(names).toEqual(
      expect.arrayContaining(['package.json', 'LICENSE', 'NOTICE', 'dist/cli/main.js', 'dist/index.d.ts']),
    )
    expect(
      names.filter(name => !/^(dist|schemas|topics|docs|man|examples)\/|^[A-Z]+(\.md)?$|^package\.json$/.test(name)),
    ).toEqual([])
    expect(names.filter(name => name.includes('node_modules'))).toEqual([])
    expect(names.filter(name => name.startsWith('dist/') && !/\.(js|d\.ts|js\.map)$/.test(name))).toEqual([])
  })

  it.each([
    ['with everything', full],
    ['without optional packages', lean],
  ])('types of a stage of one’s own resolve, %s', async (_, folder) => {
    await runCommand(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', folder])
  })

  describe.each(nodes)('Node $version', ({ version }) => {
    it.each([
      ['with everything', full],
      ['without optional packages', lean],
    ])('starts, %s: the help of every command, the library, a stage of one’s own', async (_, folder) => {
      const version_ = await steerflow(folder, version, ['--version'])
      expect(version_, version_.err).toMatchObject({ code: 0, out: '0.1.0\n', err: '' })
      const bare = { cwd: folder, env: { PATH: path[version]! }, ...nobody }
      const help = await runBare(join(path[version]!, 'node'), ['every-help.mjs', folder], bare)
      expect(help, help.err).toMatchObject({ code: 0 })
      expect(Number(help.out)).toBeGreaterThan(50)
      const stage = await runBare(join(path[version]!, 'node'), ['compiled/own-stage.js'], bare)
      expect(stage, stage.err).toMatchObject({ code: 0, err: '' })
      expect(JSON.parse(stage.out)).toMatchObject({ to: ['kept'], errors: 'function' })
    })

    it('preprocesses and cleans without optional packages', async () => {
      const prefix = join(root, `trees-${version}`)
      chmodSync(root, 0o777)
      const made = await steerflow(lean, version, [
        ...['preprocess', '--input-file', 'trees.jsonl', '--output-file-prefix', prefix, '--type', 'TEXT_TO_VALUE'],
      ])
      expect(made, made.err).toMatchObject({ code: 0 })
      const tokenizer = join(lean, 'node_modules/steerflow/examples/data/tokenizer.model.v1')
      const cleaned = await steerflow(lean, version, [
        ...['clean', '--dataset-file', `${prefix}_train.jsonl`, '--output-file', `${prefix}_clean.jsonl`],
        ...['--library', 'sentencepiece', '--model-file', tokenizer],
      ])
      expect(cleaned, cleaned.err).toMatchObject({ code: 0 })
      expect(readFileSync(`${prefix}_clean.jsonl`, 'utf8').trim().split('\n').length).toBeGreaterThan(50)
    })

    it('reads a tokenizer.json, or names the package that does', async () => {
      const cleaned = (folder: string) => {
        const args = ['clean', '--dataset-file', resolve('test/golden/clean/in.jsonl'), '--output-file', 'out.jsonl']
        return steerflow(folder, version, [...args, '--model-file', resolve(jsonPath('mistral'))])
      }
      const ended = await cleaned(full)
      expect(ended, ended.err).toMatchObject({ code: 0 })
      const refused = await cleaned(lean)
      expect(refused, refused.err).toMatchObject({ code: 2, out: '' })
      expect(refused.err).toMatch(
        /STEERFLOW_PACKAGE_MISSING: .*mistral\.json wants the package tokenizers, which is not/,
      )
      expect(refused.err).toContain('run `npm install tokenizers@0.23.2`')
    })

    it('does the whole flow', async () => {
      const ended = await steerflow(full, version, ['quickstart', 'trees.jsonl', '--json'])
      expect(ended, ended.err).toMatchObject({ code: 0 })
      expect(JSON.parse(ended.out)).toMatchObject({ datasets: { steerlm: { train: 107 } } })
    })
  })

  it('does the whole flow once the command that an error prints was run', async () => {
    const { version, node } = nodes[1]!
    const refused = await steerflow(lean, version, ['quickstart', 'trees.jsonl'])
    expect(refused.code).toBe(2)
    expect(refused.err).toContain('STEERFLOW_PACKAGE_MISSING')
    const [, command] = /the embedded log wants .+?: run `npm (install [^`]+)`/.exec(refused.err) ?? []
    expect(command, refused.err).toMatch(/^install @lmdb\//)
    await npm(node, [...command!.split(' '), '--omit=optional', '--ignore-scripts'], lean)
    const ended = await steerflow(lean, version, ['quickstart', 'trees.jsonl', '--json'])
    expect(ended, ended.err).toMatchObject({ code: 0 })
  })

  describe('the example of a pipeline of one’s own, on the oldest Node', () => {
    // Its own packages and the packed one are those of the folder above.
    const example = join(full, 'own flow')
    const bare = () => ({ cwd: example, env: { PATH: path[nodes[0]!.version]! } })
    let rating: Awaited<ReturnType<typeof startRating>>
    const run = (...args: readonly string[]): Promise<Ended> =>
      runBare(join(full, 'node_modules/.bin/steerflow'), [...args, ...rating.set], bare())

    beforeAll(async () => {
      copyExample(example)
      writeFileSync(join(example, 'renamed.js'), renamed)
      rating = await startRating(example)
      const ended = await run('quickstart', 'export.jsonl', 'trees.jsonl')
      expect(ended, ended.err).toMatchObject({ code: 0 })
    })
    afterAll(() => rating.stop())

    it('passes its own tests', async () => {
      const ended = await runBare(join(path[nodes[0]!.version]!, 'node'), ['--test'], bare())
      expect(ended, ended.out).toMatchObject({ code: 0 })
      expect(Number(/^# pass (\d+)/m.exec(ended.out)?.[1])).toBeGreaterThan(10)
    })

    it('seals every record once, without an e-mail address, link or phone number', () => {
      expect(personalIn(written).length).toBeGreaterThan(20)
      const sealed = sealedIn(join(example, '.steerflow'))
      for (const [dataset, trees] of Object.entries(expected)) {
        const records = sealed[dataset as keyof typeof expected]
        expect(records.map(({ tree_id }) => tree_id).sort()).toEqual(trees)
        expect(new Set(records.map(({ steerflow }) => steerflow.id)).size).toBe(records.length)
        expect(personalIn(records.flatMap(textsOf))).toEqual([])
        expect(records.some(({ steerflow }) => steerflow.lineage.changes?.length === 1)).toBe(true)
      }
      // What agents noted for themselves was not said to the customer.
      expect(JSON.stringify(sealed)).not.toContain('Third case of hers')
    })

    it.each<[what: string, args: readonly string[], code: number, says: RegExp]>([
      [
        'graph',
        ['graph'],
        0,
        /^redact-labelled +conversations\.labelled-as-written +redacted → conversations\.labelled$/m,
      ],
      ['topics plan', ['topics', 'plan'], 0, /^conversations\.unscored-as-written +4 +4$/m],
      ['config check', ['config', 'check', '--set', 'redact.country=XX'], 2, /redact\.country: expected a country/],
      [
        'doctor',
        ['doctor', '--flow', 'renamed.js'],
        0,
        /redact-again is new and reads .*; their outputs exist already/,
      ],
      ['score', ['score', 'trees.jsonl'], 0, /\[link\]/],
    ])('%s speaks of the node', async (_, args, code, says) => {
      const ended = await run(...args)
      expect(ended, ended.err).toMatchObject({ code })
      expect(ended.out + ended.err).toMatch(says)
      // Of a record with people's labels nothing is left out: they go another way.
      expect(ended.err).not.toContain('is not scored')
    })

    it('trace says what the node changed', async () => {
      const snapshot = join('.steerflow', 'datasets/steerlm/latest/train.jsonl')
      const lines = readFileSync(join(example, snapshot), 'utf8').split('\n')
      const line = lines.findIndex(text => text.includes('[e-mail]'))
      const { out, err } = await run('trace', `${snapshot}:${line + 1}`)
      expect(out, err).toMatch(/^changed by +redact with options [0-9a-f]{12}; it was [0-9a-f]{12} before$/m)
      expect(out).toMatch(/^ +redact-unscored +→ conversations\.unscored\//m)
    })
  })

  it.each([
    ['@confluentinc/schemaregistry', 'schemas check --set registry.url=http://127.0.0.1:9'],
    ['@aws-sdk/client-s3', 'shards gc --set storage.s3.bucket=shards --set storage.s3.endpoint=http://127.0.0.1:9'],
  ])('says who wants %s, which was left out, and what installs it', async (name, words) => {
    const data = join(root, `data of ${name.replace('/', ' ')}`)
    mkdirSync(data)
    if (nobody.uid !== undefined) chownSync(data, nobody.uid, nobody.uid)
    const { version } = nodes[1]!
    expect(await steerflow(lean, version, ['ingest', 'trees.jsonl', '--data-dir', data])).toMatchObject({ code: 0 })
    const ended = await steerflow(lean, version, [...words.split(' '), '--data-dir', data])
    const missing = `wants the package ${name}, which is not installed: run \`npm install ${name}@`
    expect(ended.err).toMatch(/^STEERFLOW_PACKAGE_MISSING: /)
    expect(ended.err).toContain(missing)
    expect(ended.code).toBe(2)
  })
})
