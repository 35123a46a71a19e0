import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { commandPath } from '../../scripts/parts/commands.js'
import { nodeVersions } from '../../scripts/parts/node-versions.js'
import { describeWith } from '../support/parts/describe-with.js'
import { buildInFolder, type Image, instructions } from './dockerfile.js'
import { barePath, type Ended, runBare } from './installation.js'

const dockerfile = readFileSync('Dockerfile', 'utf8')
const needsNodes = await describeWith('node-versions')

needsNodes('the steps of the Dockerfile, without Docker', () => {
  const root = mkdtempSync(join(tmpdir(), 'steerflow image '))
  const mayChange = process.getuid?.() === 0
  const uid = mayChange ? 65_534 : process.getuid!()
  let image: Image

  /** A program in the image, as the image's user and with nothing but the image's environment. */
  const inImage = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> => {
    const bare = { cwd: image.workdir, env: { ...image.env, ...env }, ...(mayChange && { uid }) }
    return runBare(join(root, 'programs', words[0]!), words.slice(1), bare)
  }

  beforeAll(() => {
    chmodSync(root, 0o755)
    // The Node that the base image has, by its major version.
    const [, major] = /^FROM node:(\d+)-/m.exec(dockerfile) ?? []
    const { node } = nodeVersions()!.find(({ version }) => version.startsWith(`${major}.`))!
    const path = barePath(join(root, 'programs'), node)
    const npm = realpathSync(commandPath('npm')!)
    writeFileSync(join(path, 'npm'), `#!/bin/sh\nexec '${join(path, 'node')}' '${npm}' "$@" --prefer-offline\n`, {
      mode: 0o755,
    })
    mkdirSync(join(root, 'built'))
    image = buildInFolder(dockerfile, {
      context: process.cwd(),
      into: join(root, 'built'),
      // npm keeps its cache and its registry where this user has them.
      env: { PATH: `${path}:/usr/bin:/bin`, HOME: homedir() },
      args: {},
      owner: mayChange ? `${uid}:${uid}` : `${uid}`,
    })
  }, 600_000)
  afterAll(() => rm(root, { recursive: true, force: true }), 600_000)

  it('leaves the tools and the optional packages behind, and keeps the binaries', () => {
    const has = (name: string): boolean => existsSync(join(image.root, 'app/node_modules', name))
    expect(['typescript', 'vitest', '@aws-sdk/client-s3', '@confluentinc/schemaregistry'].filter(has)).toEqual([])
    expect(['lmdb', `@lmdb/lmdb-${process.platform}-${process.arch}`, 'kafkajs'].filter(has)).toHaveLength(3)
  })

  it('starts with the help', async () => {
    const ended = await inImage([...image.entrypoint, ...image.command])
    expect(ended, ended.err).toMatchObject({ code: 0, err: '' })
    expect(ended.out).toMatch(/^Usage: steerflow/)
  })

  it('does the whole flow, as a user that owns nothing but the data and the working folder', async () => {
    const lines = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n').slice(0, 24)
    writeFileSync(join(image.workdir, 'trees.jsonl'), lines.join('\n'))
    const ended = await inImage([...image.entrypoint, 'quickstart', 'trees.jsonl', '--json'])
    expect(ended, ended.err).toMatchObject({ code: 0 })
    expect(JSON.parse(ended.out)).toMatchObject({ datasets: { steerlm: { train: 107 } } })
    expect(existsSync(join(image.root, 'data/log'))).toBe(true)
  })

  it('has a health check that runs: no worker is at work', async () => {
    const ended = await inImage(image.healthcheck)
    expect(ended, ended.err).toMatchObject({ code: 1, err: '' })
    expect(ended.out).toContain('no worker of this host')
  })
})

it('reads instructions over several lines, without comments', () => {
  expect(instructions('# a\nFROM x AS y\nRUN a \\\n # b\n && c\n\nCMD ["d"]\n')).toEqual([
    ['FROM', 'x AS y'],
    ['RUN', 'a   && c'],
    ['CMD', '["d"]'],
  ])
})
