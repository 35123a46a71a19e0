import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const filesIn = (folder: string, kinds: RegExp): string[] =>
  readdirSync(folder, { recursive: folder !== '.', encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(path => kinds.test(path) && !path.includes('node_modules'))

const pages = ['.', 'docs', 'examples'].flatMap(folder => filesIn(folder, /\.md$/))
const code = ['src', 'test', 'scripts', 'bench'].flatMap(folder => filesIn(folder, /\.(ts|mjs|js|sh)$/))

const textOf = (path: string): string => readFileSync(path, 'utf8')

/** The anchor that a heading has. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

/** The anchors of a page; a line of a fenced block that begins with # is none. */
const anchorsOf = (path: string): string[] =>
  [
    ...textOf(path)
      .replace(/^```[^]*?^```/gm, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading]) => anchorOf(heading!))

const isThere = (page: string, anchor?: string): boolean =>
  existsSync(page) && (anchor === undefined || anchorsOf(page).includes(anchor))

it.each(pages)('%s links to files and headings that are there', page => {
  const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => link!)
  const broken = links.filter(link => {
    const [path, anchor] = link.split('#') as [string, string?]
    return !isThere(path === '' ? page : join(dirname(page), path), anchor)
  })
  expect(broken).toEqual([])
})

describe('a document that code cites', () => {
  /** A page of docs by its path, one beside the README by its name; then perhaps # and a heading. */
  const citation = /\b((?:docs\/[\w/-]+|README|ARCHITECTURE|GUARANTEES|CONTRIBUTING|CHANGELOG)\.md)(?:#([\w-]+))?/g
  const cited = code.flatMap(path =>
    [...textOf(path).matchAll(citation)].map(([all, page, anchor]) => ({ path, all, page: page!, anchor })),
  )

  it('is there, with its heading', () => {
    expect(
      cited.filter(({ page, anchor }) => !isThere(page, anchor)).map(({ path, all }) => `${path}: ${all}`),
    ).toEqual([])
  })

  it.each(pages.filter(page => page.startsWith('docs/reference/')))('is %s, among others', page => {
    expect(cited.some(one => one.page === page)).toBe(true)
  })

  it('is part of the repository', () => {
    const elsewhere = [...pages, ...code].flatMap(path =>
      [...textOf(path).matchAll(/\u00a7|\bDESIG[N]\b/g)].map(([all]) => `${path}: ${all}`),
    )
    expect(elsewhere).toEqual([])
  })
})
