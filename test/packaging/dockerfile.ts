import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import { z } from 'zod'

/** What an image is started with; paths are those of the folder that stands for its file system. */
export interface Image {
  readonly root: string
  readonly workdir: string
  readonly env: Readonly<Record<string, string>>
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly healthcheck: readonly string[]
}

export interface BuildOptions {
  /** Folder of the repository: the build context, of which .dockerignore leaves some. */
  readonly context: string
  /** An empty folder; each stage gets one within. */
  readonly into: string
  /** Environment of the base image, with PATH. */
  readonly env: Readonly<Record<string, string>>
  readonly args: Readonly<Record<string, string>>
  /** The user and group that `node:node` stands for. */
  readonly owner: string
}

interface Stage {
  readonly root: string
  readonly env: Record<string, string>
  workdir: string
}

/** Folders of the image that our files name. Only these are looked for in commands. */
const folders = /(?<![\w./-])\/(app|data|work)(?![\w-])/g
const Words = z.array(z.string())

/** Instructions of a Dockerfile in order: comments go, lines that end with a backslash are joined. */
export function instructions(text: string): readonly (readonly [name: string, rest: string])[] {
  const lines = text.split('\n').filter(line => !line.trimStart().startsWith('#'))
  return lines
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => {
      const [, name, rest] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? []
      if (name === undefined || rest === undefined) throw new Error(`not an instruction: ${line}`)
      return [name, rest.trim()] as const
    })
}

/** Whether .dockerignore lets a path of the context through: its form is a star and then exceptions. */
function inContext(context: string, path: string): boolean {
  const lines = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n')
  const kept = lines.filter(line => line.startsWith('!')).map(line => line.slice(1))
  const others = lines.filter(line => line !== '' && !line.startsWith('!') && !line.startsWith('#'))
  if (others.join() !== '*') throw new Error('.dockerignore has another form than this understands')
  return kept.some(one => path === one || path.startsWith(`${one}/`))
}

/**
 * Does what `docker build` does, step by step, in a folder that stands for the image's file system, with this machine's
 * programs in the place of the base image's. @throws an Error that names the step that failed.
 */
export function buildInFolder(dockerfile: string, options: BuildOptions): Image {
  const stages = new Map<string, Stage>()
  let stage: Stage | undefined
  const image = { entrypoint: [] as string[], command: [] as string[], healthcheck: [] as string[] }
  for (const [name, rest] of instructions(dockerfile)) {
    if (name === 'FROM') {
      const alias = / AS (\S+)$/.exec(rest)?.[1] ?? String(stages.size)
      stage = { root: join(options.into, `stage ${stages.size}`), env: { ...options.env }, workdir: '/' }
      stages.set(alias, stage)
      mkdirSync(stage.root, { recursive: true })
      continue
    }
    if (!stage) throw new Error(`${name} before FROM`)
    const { root, env } = stage
    const mapped = (text: string): string => text.replaceAll(folders, path => join(root, path))
    const words = (text: string): string[] => Words.parse(JSON.parse(text)).map(mapped)
    if (name === 'WORKDIR') mkdirSync(join(root, (stage.workdir = rest)), { recursive: true })
    else if (name === 'ARG') {
      const [arg, value = ''] = rest.split('=')
      env[arg!] = options.args[arg!] ?? value
    } else if (name === 'ENV') {
      for (const pair of rest.split(/\s+/)) env[pair.split('=')[0]!] = mapped(pair.slice(pair.indexOf('=') + 1))
    } else if (name === 'COPY') copy(rest, stage, stages, options.context)
    else if (name === 'RUN') run(rest, stage, options)
    else if (name === 'ENTRYPOINT') image.entrypoint = words(rest)
    else if (name === 'CMD') image.command = words(rest)
    else if (name === 'HEALTHCHECK') image.healthcheck = words(/CMD\s+(\[.*\])$/.exec(rest)?.[1] ?? 'null')
    else if (name !== 'USER' && name !== 'VOLUME') throw new Error(`what ${name} does is not known here`)
  }
  if (!stage) throw new Error('no FROM')
  return { ...image, root: stage.root, env: stage.env, workdir: join(stage.root, stage.workdir) }
}

function copy(rest: string, stage: Stage, stages: ReadonlyMap<string, Stage>, context: string): void {
  const words = rest.split(/\s+/)
  const from = words[0]!.startsWith('--from=') ? stages.get(words.shift()!.slice('--from='.length)) : null
  if (from === undefined) throw new Error(`COPY ${rest}: no such stage`)
  const target = words.pop()!
  const into = target.endsWith('/') || words.length > 1
  for (const word of words) {
    if (!from && !inContext(context, word)) throw new Error(`COPY ${rest}: .dockerignore leaves ${word} out`)
    const source = join(from?.root ?? context, word)
    if (!existsSync(source)) throw new Error(`COPY ${rest}: there is no ${word}`)
    const place = join(stage.root, posix.resolve(stage.workdir, target))
    const isFile = statSync(source).isFile()
    cpSync(source, into && isFile ? join(place, basename(word)) : place, { recursive: true, verbatimSymlinks: true })
  }
}

/** A step that shell programs do. The paths of the image are put in quotes, since the folder's name may have spaces. */
function run(rest: string, stage: Stage, { owner }: BuildOptions): void {
  const command = rest.replaceAll(folders, path => `'${join(stage.root, path)}'`).replaceAll('node:node', owner)
  const cwd = join(stage.root, stage.workdir)
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], {
    cwd,
    env: stage.env,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    timeout: 600_000,
    killSignal: 'SIGKILL',
  })
  if (status !== 0) throw new Error(`RUN ${rest} ended with ${status}:\n${stdout.slice(-2000)}${stderr.slice(-2000)}`)
}
