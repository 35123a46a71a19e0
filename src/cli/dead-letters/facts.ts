import type { LetterSummary } from '../../runtime/letter-summary.js'
import type { Letter } from '../../runtime/letters.js'
import { oneLine, table, thousands } from '../render/bars.js'
import { isoOf } from '../render/time.js'

/** A letter as JSON. Keys may be added, never removed. */
export const facts = ({ record: _, at, ...letter }: Letter) => ({ ...letter, at: isoOf(at) })

/** A summary as JSON. Keys may be added, never removed. */
export const summaryFacts = ({ classes, hours, ...sums }: LetterSummary) => ({
  ...sums,
  classes: classes.map(({ first, last, ...one }) => ({ ...one, first: isoOf(first), last: isoOf(last) })),
  hours: hours.map(({ hour, letters }) => ({ hour: isoOf(hour), letters })),
})

export const letterHeader = ['id', 'node', 'code', 'origin', 'state', 'cause']

/** A letter as a row of the list. */
export const letterRow = (letter: Letter): readonly string[] => [
  letter.id,
  oneLine(letter.node, 40),
  oneLine(letter.code, 40),
  oneLine(place(letter), 80),
  state(letter),
  oneLine(letter.cause, 80),
]

/** Limits on printed classes and hours; --json prints all. */
const shown = { classes: 30, hours: 24 }

/** A summary as lines. */
export function summaryLines({ letters, waiting, classes, others, hours, before }: LetterSummary): readonly string[] {
  if (letters === 0) return ['no dead letters']
  const rows = classes
    .slice(0, shown.classes)
    .map(one => [
      oneLine(one.node, 40),
      oneLine(one.code, 40),
      thousands(one.letters),
      thousands(one.waiting),
      minute(one.last),
      one.example,
      oneLine(one.cause, 80),
    ])
  const left = classes.slice(shown.classes).reduce((sum, one) => sum + one.letters, others)
  const last = hours.slice(-shown.hours)
  const earlier = hours.slice(0, -shown.hours).reduce((sum, one) => sum + one.letters, before)
  return [
    `${thousands(letters)} dead letters, ${thousands(waiting)} not replayed`,
    '',
    ...table([['node', 'code', 'letters', 'waiting', 'last', 'example', 'cause'], ...rows], [0, 1, 4, 5, 6]),
    ...(left > 0 ? [`${thousands(left)} more with other causes: use --json, or --node and --code`] : []),
    '',
    ...table([['hour', 'letters'], ...last.map(({ hour, letters: count }) => [minute(hour), thousands(count)])]),
    ...(earlier > 0 ? [`${thousands(earlier)} before`] : []),
  ]
}

const minute = (at: number): string =>
  isoOf(at)
    .replace(/:\d\d\.\d{3}Z$/, 'Z')
    .replace('T', ' ')

const place = ({ origin }: Letter): string =>
  `${origin.topic.replace(/^(source:.{12}).*/, '$1')}/${origin.partition}@${origin.offset}`

const state = ({ replayed, replays }: Letter): string =>
  `${replayed ? 'replayed' : 'waiting'}${replays > 0 ? `, came back ${replays}×` : ''}`
