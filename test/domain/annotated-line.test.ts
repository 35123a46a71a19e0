import { describe, expect, it } from 'vitest'
import { openLine } from '../../src/domain/annotated-line.js'
import type { SteerflowError } from '../../src/domain/errors.js'

const codeOf = (work: () => unknown): string | null => {
  try {
    work()
    return null
  } catch (error) {
    return (error as SteerflowError).code
  }
}

describe('a line whose labels are replaced', () => {
  it('keeps everything else, numbers and unknown keys too, in Python spelling', () => {
    const line =
      '{"n": 1e5,"big":123456789012345678901234567890, "conversations": [{"value": "\\u00e9", "from": "User", "label": "a:1", "x": 1.0},' +
      ' {"value": "b", "from": "Assistant", "10": null, "2": -0}], "system": "s", "tail": [{"deep": [1.50]}]}'
    expect(openLine(line).relabelled(['quality:1', 'quality:2'])).toBe(
      '{"n": 100000.0, "big": 123456789012345678901234567890, "conversations": [{"value": "é", "from": "User", "label": "quality:1", "x": 1.0, "gt_label": "a:1"}, ' +
        '{"value": "b", "from": "Assistant", "10": null, "2": 0, "label": "quality:2"}], "system": "s", "tail": [{"deep": [1.5]}]}',
    )
  })

  it('keeps a label that is null, and replaces a gt_label where it stands', () => {
    const line =
      '{"conversations": [{"gt_label": "x", "value": "a", "from": "U", "label": null}, {"value": "b", "from": "U"}], "system": ""}'
    expect(openLine(line).relabelled(['q:1', null])).toBe(
      '{"conversations": [{"gt_label": null, "value": "a", "from": "U", "label": "q:1"}, {"value": "b", "from": "U"}], "system": ""}',
    )
  })

  it('copies a nesting of 32,000 levels once', () => {
    const deep = '[{"b": 1, "a": '.repeat(16_000) + '0' + '}]'.repeat(16_000)
    const line = `{"conversations": [{"value": "a", "from": "U", "deep": ${deep}}], "system": ""}`
    expect(openLine(line).relabelled(['q:1'])).toBe(line.replace('}], "system"', ', "label": "q:1"}], "system"'))
  })

  it('gives what a prompt depends on', () => {
    const line =
      '{"conversations": [{"value": "a\\nb", "from": "U", "label": null}, {"value": "c", "from": "V"}], "system": "s"}'
    const { system, turns } = openLine(line)
    expect(system).toBe('s')
    expect(turns).toEqual([
      { value: 'a\nb', from: 'U', label: null },
      { value: 'c', from: 'V' },
    ])
  })

  it.each([
    ['STEERFLOW_INPUT_JSON', '{'],
    ['STEERFLOW_INPUT_JSON', '{"conversations": [{"value": "\\ud800", "from": "U"}], "system": ""}'],
    ['STEERFLOW_RECORD_INVALID', '[]'],
    ['STEERFLOW_RECORD_INVALID', '{"system": ""}'],
    ['STEERFLOW_RECORD_INVALID', '{"conversations": [], "system": ""}'],
    ['STEERFLOW_RECORD_INVALID', '{"conversations": [{"value": 1, "from": "U"}], "system": ""}'],
    ['STEERFLOW_RECORD_INVALID', '{"conversations": [{"value": "", "from": "U", "label": {}}], "system": ""}'],
    ['STEERFLOW_RECORD_INVALID', '{"conversations": [{"value": "", "from": "U"}]}'],
  ])('is refused with %s: %s', (code, line) => {
    expect(codeOf(() => openLine(line))).toBe(code)
  })

  it('survives a deep nesting, and refuses one that is deeper than a source may have', () => {
    const deep = '['.repeat(32_000) + ']'.repeat(32_000)
    const line = `{"conversations": [{"value": "a", "from": "U"}], "system": "", "deep": ${deep}}`
    expect(openLine(line).relabelled([null])).toBe(line)
    expect(codeOf(() => openLine(line.replace(deep, `[${'['.repeat(1000)}${deep}`)))).toBe('STEERFLOW_INPUT_JSON')
  })
})
