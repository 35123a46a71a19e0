import { describe, expect, it } from 'vitest'
import { reportPage } from '../../../../src/cli/bootstrap/report/page.js'
import { reportOf as reportOfLoop } from '../../../../src/cli/bootstrap/report/report.js'
import { reportText } from '../../../../src/cli/bootstrap/report/text.js'
import type { LoopState, RoundState } from '../../../../src/domain/bootstrap/loop-state.js'
import { roundOf, summaryOf } from '../../../support/rounds.js'
import { hostileReport, reportOf } from './reports.js'

describe('which round is reported', () => {
  const state = (number: number, closed: boolean): RoundState => ({
    request: {
      loop: 'loop',
      round: `loop-${number}`,
      event: 'requested',
      by: 'person',
      number,
    },
    round: roundOf(number),
    asked: 0,
    givenUp: false,
    summary: closed ? summaryOf() : null,
    verdict: null,
    model: null,
  })
  const loop: LoopState = {
    loop: 'loop',
    rounds: [state(1, true), state(2, true), state(3, false)],
    stopped: false,
    moved: null,
  }
  const names = (name?: string) => reportOfLoop(loop, name).rounds.map(({ round }) => round.round)

  it('is the last that has closed, with those before', () => {
    expect(names()).toEqual(['loop-1', 'loop-2'])
    expect(names('loop-1')).toEqual(['loop-1'])
  })

  it.each(['loop-3', 'loop-9'])('cannot be %s, which has not closed', name => {
    expect(() => names(name)).toThrow(expect.objectContaining({ code: 'STEERFLOW_USAGE' }) as Error)
  })
})

describe('text', () => {
  const text = reportText(reportOf(2), 100)

  it.each([
    ['the verdict', /^Go on: every rule held\. Best model measured so far: model-2 \(222222222222\)\.$/m],
    ['a gate', /^ {2}gain +0\.062 +interval above 0 +yes$/m],
    ['ends of prompts', /^ {2}rejected +50 +50\.0%$/m],
    ['answers by rule, most first', /floor of quality +210 +21\.0%\n {2}rank +180 +18\.0%/],
    ['attributes with their distribution', /^ {2}quality +\S+ +4\.00 +3\.41 +0\.62 +3\.32 +0\.59 +0\.68 +0\.0\d\d$/m],
    ['the difference with its interval', /\+0\.141 \(\+0\.062 to \+0\.220\)/],
  ])('has %s', (_, line) => {
    expect(text).toMatch(line)
  })

  it('of the first round compares nothing', () => {
    const first = reportText(reportOf(1), 100)
    expect(first).toMatch(/· difference +–/)
    expect(first).not.toMatch(/^ {2}gain /m)
  })

  it('shows no control characters, and keeps every record on its line', () => {
    expect(reportText(hostileReport(), 100)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/)
  })
})

describe('page', () => {
  it('is one file that loads nothing and runs nothing', () => {
    for (const page of [reportPage(reportOf(1)), reportPage(reportOf(3)), reportPage(hostileReport())]) {
      expect(page).not.toMatch(/<script|<link(?! rel="icon" href="data:,")|<img|\son\w+=["']|https?:/i)
      expect(page).not.toMatch(/undefined|NaN|Infinity|\[object/)
    }
  })

  it('says in words what every plot shows, under ids that are unique', () => {
    const page = reportPage(reportOf(3))
    const plots = page.match(/<svg role="img"/g)!.length
    expect(plots).toBe(6 + 2 + 1 + 9)
    expect(page.match(/<title id=/g)).toHaveLength(plots)
    expect(page.match(/<desc id=/g)).toHaveLength(plots)
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('is the same for the same records', () => {
    expect(reportPage(reportOf(3))).toBe(reportPage(reportOf(3)))
  })

  it('of a round without answers has its tables', () => {
    const report = reportOf(1, round => ({
      ...round,
      verdict: null,
      summary: summaryOf({
        attributes: {},
        against: {},
        finish: {},
        acceptance: null,
        answers: { sampled: 0, accepted: 0, negatives: 0, sealed: 0, dropped: 0, lost: 0 },
        goodness: { count: 0, mean: null, sd: null },
        chars: { count: 0, mean: null, sd: null },
        unique_words: { count: 0, mean: null, sd: null },
        length_correlation: null,
      }),
    }))
    expect(reportPage(report)).toContain('Not decided yet.')
    expect(reportPage(report)).not.toMatch(/NaN|Infinity/)
  })
})
