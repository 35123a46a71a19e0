import { Markup, markup } from './markup.js'
import { attributesPlot, coursePlots, distributionPlots, type Named, promptsPlot, rulesPlot } from './page-plots.js'
import { pageStyle } from './page-style.js'
import { type Report, type ReportedRound, subject } from './report.js'
import { type Section } from './section.js'
import { sectionsOf, wordOf } from './sections.js'

/**
 * A report as one HTML page: plots, each with a table of its figures, and every word of the stop rule. It holds no script
 * and loads nothing, which its own policy forbids too; texts of records are escaped.
 */
export function reportPage(report: Report): string {
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
    now.round.purpose === 'measure' ? 'It only measures: nothing is trained on.' : ''
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

/** Where something stands beside the table of a section: under its title, above the table, or at its side. */
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

/** A table; without a head it is pairs of a name and words. Rows of rules that did not hold stand out. */
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

/** The verdict in a word and a sentence. */
function spoken({ round, verdict }: ReportedRound, note: string): Markup {
  if (verdict === null) return markup`<p>${note}</p>`
  const [word, fell] = [wordOf(round, verdict), verdict.gates.some(({ held }) => !held)]
  return markup`<p class="verdict"><b class="${fell ? 'stop' : 'go'}">${word}</b>${note.slice(word.length)}</p>`
}

/** What the marks of a plot mean. */
const key = (compared: boolean, asked: boolean): Markup => markup`<ul class="key">
${asked ? markup`<li><svg viewBox="0 0 14 14" aria-hidden="true"><circle class="asked" cx="7" cy="7" r="5"/></svg>asked for</li>` : null}
<li><svg viewBox="0 0 14 14" aria-hidden="true"><circle class="now" cx="7" cy="7" r="5"/></svg>this round</li>
${compared ? markup`<li><svg viewBox="0 0 14 14" aria-hidden="true"><path class="before" d="M7 1 12 7 7 13 2 7z"/></svg>the round before</li>` : null}
</ul>`
