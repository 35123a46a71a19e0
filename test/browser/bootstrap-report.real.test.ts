import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { reportPage } from '../../src/cli/bootstrap/report/page.js'
import type { RoundReport } from '../../src/cli/bootstrap/report/report.js'
import { hostile, hostileReport, reportOf } from '../cli/bootstrap/report/reports.js'
import { openPage, startBrowser } from '../support/browser/page.js'
import { describeWith } from '../support/parts/describe-with.js'
import { temporaryFolder } from '../support/temporary.js'

const describeReal = await describeWith('chromium')

describeReal('the page of a round in a real browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser?.close())

  const open = async (report: RoundReport, width = 1100, dark = false) => {
    const file = join(await temporaryFolder(), 'report.html')
    await writeFile(file, reportPage(report))
    return openPage(browser, file, { width, dark })
  }

  /** The cells of a section's table, row by row, as a reader sees them. */
  const tableOf = async (page: Page, title: string): Promise<string[][]> => {
    const heading = page.getByRole('heading', { name: title, exact: true, level: 2 })
    const rows = await page.locator('section', { has: heading }).locator('tbody tr').all()
    return Promise.all(rows.map(row => row.locator('td').allInnerTexts()))
  }

  it.each([
    ['the first round', reportOf(1)],
    ['the third round', reportOf(3)],
    ['a hostile round', hostileReport()],
  ])('of %s complains of nothing and asks for nothing', async (_, report) => {
    for (const width of [1100, 360]) {
      const { page, complaints, requests } = await open(report, width)
      expect(complaints).toEqual([])
      expect(requests).toEqual([])
      await page.close()
    }
  })

  it.each([1100, 768, 360])('fits into %i pixels', async width => {
    for (const report of [reportOf(1), reportOf(3), hostileReport()]) {
      const { page } = await open(report, width)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      await page.close()
    }
  })

  it('has plots that can be seen, with words for those who do not see them', async () => {
    const { page } = await open(reportOf(3))
    const plots = await page.getByRole('img').all()
    expect(plots.length).toBe(18)
    for (const plot of plots) {
      const box = (await plot.boundingBox())!
      expect(box.width).toBeGreaterThan(100)
      expect(box.height).toBeGreaterThan(60)
      expect(await plot.locator('rect, circle').count()).toBeGreaterThan(0)
    }
    // The accessible name is the plot's title.
    expect(await page.getByRole('img', { name: 'Rejected answers by rule' }).count()).toBe(1)
    expect(await page.getByRole('img', { name: 'Predicted values of quality, in percent' }).count()).toBe(1)
  })

  it('draws bars in proportion to their figures', async () => {
    const report = reportOf(3)
    const { page } = await open(report)
    const bars = await page.getByRole('img', { name: 'Rejected answers by rule' }).locator('rect').all()
    const widths = await Promise.all(bars.map(async bar => (await bar.boundingBox())!.width))
    const counts = Object.values(report.rounds.at(-1)!.summary.against).sort((a, b) => b - a)
    expect(widths.length).toBe(counts.length)
    widths.forEach((width, at) => expect(width / widths[0]!).toBeCloseTo(counts[at]! / counts[0]!, 2))
  })

  it('says the numbers of the records', async () => {
    const report = reportOf(3)
    const { summary, verdict } = report.rounds.at(-1)!
    const { page } = await open(report)
    const rules = (await tableOf(page, 'Rejected answers by rule')).map(([rule, count]) => [rule, Number(count)])
    expect(Object.fromEntries(rules)).toEqual(summary.against)
    const attributes = await tableOf(page, 'Attributes')
    expect(attributes.map(([key, asked, predicted]) => [key, asked, predicted])).toEqual(
      Object.entries(summary.attributes).map(([key, { asked, predicted }]) => [
        key,
        asked.mean!.toFixed(2),
        predicted.mean!.toFixed(2),
      ]),
    )
    const gates = await tableOf(page, 'Stop rule')
    expect(gates.map(([rule, value, , held]) => [rule, value, held])).toEqual(
      verdict!.gates.map(({ rule, value, held }) => [rule, String(value), held ? 'yes' : 'no']),
    )
    const ends = Object.fromEntries(await tableOf(page, 'Prompts by outcome')) as Record<string, string>
    expect(Number(ends.sealed)).toBe(summary.prompts.sealed)
    expect(Number(ends.rejected)).toBe(summary.prompts.rejected)
    const course = await tableOf(page, 'From round to round')
    expect(course.find(([name]) => name === 'goodness')!.slice(1)).toEqual(
      report.rounds.map(round => round.summary.goodness.mean!.toFixed(3)),
    )
  })

  it('shows hostile texts as texts', async () => {
    const { page } = await open(hostileReport())
    expect(await page.evaluate('"hacked" in window')).toBe(false)
    expect(await page.locator('script, img, iframe, object, embed').count()).toBe(0)
    const shown = await page.locator('body').innerText()
    for (const text of hostile.slice(0, 4)) expect(shown).toContain(text)
  })

  it('has colours for light and dark that can be read', async () => {
    for (const dark of [false, true]) {
      const { page } = await open(reportOf(3), 1100, dark)
      const ratios = await contrastsOf(page)
      expect(Math.min(...ratios)).toBeGreaterThan(4.5)
      await page.close()
    }
  })
})

/** Contrast of texts with their card, by the formula of WCAG 2. */
async function contrastsOf(page: Page): Promise<number[]> {
  const colour = (selector: string, of: string): Promise<string> =>
    page.evaluate<string>(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).${of}`)
  const back = luminance(await colour('section', 'backgroundColor'))
  const texts = ['h2', 'p', 'td', 'th', 'b'].map(name => colour(`section ${name}`, 'color'))
  return (await Promise.all(texts))
    .map(luminance)
    .map(text => (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05))
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = colour.match(/[\d.]+/g)!.map(part => {
    const share = Number(part) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
