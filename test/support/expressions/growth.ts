import { type Part, partsOf, sampleOf, samplesOf } from './parts.js'

/** A text under which an expression takes time that grows faster than the text. */
export interface Finding {
  /** The text, said briefly. */
  readonly text: string
  /** Milliseconds of processor time at half the length and at the whole. */
  readonly half: number
  readonly whole: number
}

/** What makes texts of any length: a beginning, something repeated, and an end that matches nothing. */
interface Shape {
  readonly head: string
  readonly run: string
  readonly tail: string
}

/** Runs that stop many an expression: what texts, numbers, JSON, URLs, pages of metrics and shells consist of. */
const common = [
  ...' \t\n\r,;:.!?\'"`/\\|&%$#@*+-_=~^<>()[]{}019aAzZxeé한\u0301\u2581\ufffd\0',
  ...[
    ', ',
    ' ,',
    '\n ',
    ' \n',
    '\t ',
    '\\"',
    '\\\\',
    '\\x',
    '\\n',
    'a ',
    ' a',
    'a,',
    'a:',
    'a:0,',
    '0.',
    '.0',
    '0e',
    '1,',
  ],
  ...[
    'a=',
    'a="',
    '"a"',
    '""',
    '" ',
    '{"',
    '{"a":',
    '[[',
    '[,',
    '}{',
    '){',
    '//',
    '/a',
    'a/',
    '/src/',
    '-a',
    'a-',
    'a.',
    '_0',
    '0_',
  ],
  ...[
    'a_',
    '${',
    '\\${',
    '$',
    '::',
    ':0',
    '--',
    '--a',
    'Aa',
    'aA',
    'https://',
    '<a>',
    "'a'",
    '\u{1F600}',
    '\r\n',
    'lang:',
  ],
]
const tails = ['', '\0', 'x', '\n!', ' !']

/** The shapes for an expression: common runs, and those that its own parts suggest. */
function shapesOf({ source, flags }: RegExp): Shape[] {
  const shapes = [
    ...common.map(run => ({ head: '', run })),
    ...partsOf(source).flatMap(parts => within(parts, '', flags)),
  ]
  const told = new Set<string>()
  return shapes
    .filter(shape => shape.run !== '' && !told.has(JSON.stringify(shape)) && told.add(JSON.stringify(shape)))
    .flatMap(shape => tails.map(tail => ({ ...shape, tail })))
}

/**
 * For each part that may be repeated: a text that leads to it, and runs of what it matches, alone and with what follows
 * it up to the next parts that may be repeated; the same within groups.
 */
function within(parts: readonly Part[], before: string, flags: string): Pick<Shape, 'head' | 'run'>[] {
  return parts.flatMap((part, at) => {
    const head = before + sampleOf(parts.slice(0, at), flags)
    const inner = (part.alternatives ?? []).flatMap(some => within(some, head, flags))
    if (!part.repeated) return inner
    const later = parts.flatMap((one, index) => (index > at && one.repeated ? [index] : [])).slice(0, 3)
    const through = [...later, parts.length - 1].flatMap(end => [
      sampleOf(parts.slice(at, end + 1), flags),
      sampleOf(parts.slice(at + 1, end + 1), flags),
    ])
    const alone = samplesOf(part, flags, 12)
    const entered = head + (alone[0] ?? '')
    return [
      ...inner,
      ...[...alone, ...through].flatMap(run => [
        { head, run },
        { head: entered, run },
      ]),
    ]
  })
}

const textOf = ({ head, run, tail }: Shape, length: number): string => head + run.repeat(length / run.length) + tail

/** Milliseconds for all that an expression finds in a text: processor time, since others use the machine too. */
function spent(expression: RegExp, text: string, rounds: number): number {
  let least = Infinity
  for (let round = 0; round < rounds; round++) {
    expression.lastIndex = 0
    const before = process.cpuUsage()
    text.replace(expression, '')
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

/** Lengths at which a look shows that something is wrong, with the milliseconds that are not suspicious there. */
const looks = [
  ...[16, 22, 28, 34, 40, 50].map(length => ({ length, ms: 10 })),
  { length: 1_000, ms: 10 },
  { length: 10_000, ms: 4 },
]
/** How much more twice the length takes, at least, and milliseconds below which nothing is said. */
const [ratio, leastMs] = [3.2, 10]

/**
 * Texts under which the time of an expression grows faster than their length: at the whole of two lengths, 100,000
 * characters, at least 3.2 times what it is at the half, and more than a few milliseconds. Every match in the text is looked for, as `replace` and `split`
 * do, of a sticky expression that at the beginning. It stops at the first.
 */
export function fasterThanLinear({ source, flags }: RegExp, [half, whole] = [50_000, 100_000]): Finding | null {
  const every = new RegExp(source, flags.includes('y') || flags.includes('g') ? flags : `${flags}g`)
  for (const shape of shapesOf(every)) {
    for (const { length, ms } of looks) {
      const text = textOf(shape, length)
      const began = performance.now()
      every.lastIndex = 0
      text.replace(every, '')
      if (performance.now() - began <= ms) continue
      if (spent(every, text, 3) <= ms) continue
      const said = `${JSON.stringify(shape.head)} + ${JSON.stringify(shape.run)} × n + ${JSON.stringify(shape.tail)}`
      // What takes so long for a short text is not tried on a long one.
      if (length < 10_000) return { text: said, half: 0, whole: spent(every, text, 1) }
      const finding = {
        text: said,
        half: spent(every, textOf(shape, half), 2),
        whole: spent(every, textOf(shape, whole), 2),
      }
      if (finding.whole >= leastMs && finding.whole >= ratio * finding.half) return finding
    }
  }
  return null
}
