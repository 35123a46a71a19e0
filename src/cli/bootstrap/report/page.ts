import { Markup, markup, type Section } from './markup.js'
import { attributesPlot, coursePlots, distributionPlots, type Named, promptsPlot, rulesPlot } from './page-plots.js'
import { type RoundReport, type ReportedRound, subject } from './report.js'
import { sectionsOf, wordOf } from './sections.js'

/** The page's style, light or dark as the system prefers; no external font or image. */
export const pageStyle = `
:root { color-scheme: light dark; --text: #1c2430; --quiet: #5a6573; --back: #f6f7f9; --card: #fff; --line: #d9dee5;
  --now: #1f6feb; --before: #a3adba; --asked: #b3470b; --good: #1a7f37; --bad: #cf222e }
@media (prefers-color-scheme: dark) { :root { --text: #e4e9f0; --quiet: #9aa6b4; --back: #0e131a; --card: #171e27;
  --line: #303a47; --now: #58a6ff; --before: #647182; --asked: #f0883e; --good: #3fb950; --bad: #ff7b72 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 48px }
h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere }
h2 { font-size: 17px; margin: 0 0 2px }
h3 { font-size: 13px; margin: 0 0 4px; font-weight: 600; overflow-wrap: anywhere }
p { margin: 0 0 12px; color: var(--quiet); overflow-wrap: anywhere }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin-top: 16px }
.verdict { font-size: 16px; color: var(--text) }
.verdict b.stop { color: var(--bad) } .verdict b.go { color: var(--good) }
.beside { display: flex; flex-wrap: wrap; gap: 16px 32px; align-items: flex-start }
.beside > * { flex: 1 1 280px; min-width: 0 }
.many { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(190px, 42%), 1fr)); gap: 16px 24px; margin-bottom: 16px }
.many.wide { grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)) }
figure { margin: 0; min-width: 0 }
.table { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums }
th, td { padding: 4px 8px; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; unicode-bidi: isolate }
th { color: var(--quiet); font-weight: 600 }
th:first-child, td:first-child { text-align: left; padding-left: 0; overflow-wrap: anywhere; min-width: 84px }
table.words td { text-align: left; overflow-wrap: anywhere }
tr.fell td { color: var(--bad); font-weight: 600 }
tbody tr:last-child td { border-bottom: 0 }
ul.key { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0 0 12px; padding: 0; font-size: 13px; color: var(--quiet) }
ul.key svg { width: 14px; height: 14px; display: inline-block; vertical-align: -2px; margin-right: 6px }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; overflow: visible }
svg text { fill: var(--quiet) } svg .figure { fill: var(--text) }
svg .now { fill: var(--now) } svg .before { fill: var(--before) }
svg .asked { fill: none; stroke: var(--asked); stroke-width: 2 }
svg .axis { stroke: var(--quiet) } svg .grid { stroke: var(--line) }
svg .span { stroke: var(--line); stroke-width: 3 }
svg .course { fill: none; stroke: var(--now); stroke-width: 2 }
svg .interval { stroke: var(--now); stroke-width: 2 }
`

/**
 * A report as one HTML page: plots, each with a table of its figures, and the full decision of the stop rule. It has no
 * script and loads nothing, and its content policy forbids both. Texts of records are escaped.
 */
export function reportPage(report: RoundReport): string {
  const { plan, verdict, prompts, answers, rules, attributes, distributions, course } = sectionsOf(report)
  const { now, before } = subject(report)
  const compared = before !== null
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,"><title>Bootstrap round ${now.round.round}</title><style>${new Markup(pageStyle)}</style></head>
<body><main>
<h1>Bootstrap round ${now.round.round}</h1>
<p>${before === null ? 'The first of its loop.' : `Compared with ${before.round.round}.`} ${
    now.round.purpose === 'measure' ? 'It only measures the model, without training.' : ''
  }</p>
${section({ ...verdict, note: '' }, { first: spoken(now, verdict.note) })}
${section(course, { above: many(coursePlots(report), 'many wide') })}
${section(prompts, { beside: promptsPlot(report) })}
${section(rules, { beside: rules.rows.length === 0 ? null : rulesPlot(report) })}
${section(answers, {})}
${section(attributes, { first: key(compared, true), above: attributesPlot(report) })}
${section(distributions, { first: key(compared, false), above: many(distributionPlots(report), 'many') })}
${section(plan, {})}
</main></body></html>
`.text
}

/** Positions around the table of a section: below the title, above the table, or beside it. */
interface Beside {
  readonly first?: Markup
  readonly above?: Markup
  readonly beside?: Markup | null
}

function section({ title, note, head, rows }: Section, { first, above, beside }: Beside): Markup {
  return markup`<section><h2>${title}</h2>
${note === '' ? null : markup`<p>${note}</p>`}${first ?? null}${above ?? null}
<div class="beside">${beside ? markup`<figure>${beside}</figure>` : null}${rows.length === 0 ? null : table(head, rows)}</div>
</section>
`
}

/** A table; one without a head is a list of names and values. Rows of failed rules stand out. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): Markup {
  const named = head.some(name => name !== '')
  const held = head.indexOf('held')
  const lines = rows.map(row => {
    const cells = row.map(cell => markup`<td>${cell}</td>`)
    return markup`<tr${row[held] === 'no' ? new Markup(' class="fell"') : null}>${cells}</tr>
`
  })
  const heads = markup`<thead><tr>${head.map(name => markup`<th scope="col">${name}</th>`)}</tr></thead>`
  return markup`<div class="table"><table class="${named ? 'figures' : 'words'}">${named ? heads : null}<tbody>${lines}</tbody></table></div>`
}

const many = (plots: readonly Named[], name: string): Markup =>
  markup`<div class="${name}">${plots.map(({ name, plot }) => markup`<figure><h3>${name}</h3>${plot}</figure>`)}</div>`

/** The verdict as a word and a sentence. */
function spoken({ round, verdict }: ReportedRound, note: string): Markup {
  if (verdict === null) return markup`<p>${note}</p>`
  const [word, fell] = [wordOf(round, verdict), verdict.gates.some(({ held }) => !held)]
  return markup`<p class="verdict"><b class="${fell ? 'stop' : 'go'}">${word}</b>${note.slice(word.length)}</p>`
}

/** Legend of a plot. */
const key = (compared: boolean, asked: boolean): Markup => markup`<ul class="key">
${asked ? markup`<li><svg viewBox="0 0 14 14" aria-hidden="true"><circle class="asked" cx="7" cy="7" r="5"/></svg>requested</li>` : null}
<li><svg viewBox="0 0 14 14" aria-hidden="true"><circle class="now" cx="7" cy="7" r="5"/></svg>this round</li>
${compared ? markup`<li><svg viewBox="0 0 14 14" aria-hidden="true"><path class="before" d="M7 1 12 7 7 13 2 7z"/></svg>the round before</li>` : null}
</ul>`
