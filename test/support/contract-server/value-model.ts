import { labelKeys, attributeSets, languages } from '../../../src/domain/attributes.js'

/**
 * The deterministic value model of the golden runs: a digit is the sum of the prompt's UTF-8 bytes mod 5, a language the
 * (sum mod 35)-th code. What it continues with is a function of the prompt's text alone, so that a whole line and one call
 * an attribute give the same label.
 */
export interface ValueModel {
  /** The next token behind a text. */
  next(text: string): string
}

const keys = labelKeys(attributeSets['oasst-12-lang@1'])

function byteSum(text: string): number {
  let sum = 0
  for (const byte of Buffer.from(text, 'utf8')) sum += byte
  return sum
}

/**
 * `bad`: as in the golden runs of that name, `x` instead of a value where the sum mod 37 is 0. `shift`: another model, whose
 * values and languages are those of a sum that is larger by so much, so that for 1 to 4
 * no label of the same prompt is the same.
 */
export function goldenModel({ bad = false, shift = 0 } = {}): ValueModel {
  const value = (text: string): string => {
    const sum = byteSum(text)
    if (bad && sum % 37 === 0) return 'x'
    return text.endsWith('lang:') ? languages[(sum + shift) % languages.length]! : String((sum + shift) % 5)
  }
  return {
    next: text => {
      const line = text.slice(text.lastIndexOf('\n') + 1)
      const key = /(?:^|,|[>\x12])([a-z_]+):[^,:]*$/.exec(line)?.[1]
      if (text.endsWith(':')) return value(text)
      if (key === undefined || !keys.includes(key)) return value(text)
      const after = keys[keys.indexOf(key) + 1]
      return after === undefined ? '\n' : `,${after}:`
    },
  }
}

/** Generates as the server does: up to so many tokens, until the text ends with an end string, which is kept. */
export function generate(model: ValueModel, prompt: string, most: number, endStrings: readonly string[]): string {
  let text = prompt
  for (let tokens = 0; tokens < most; tokens++) {
    text += model.next(text)
    if (endStrings.some(end => text.endsWith(end))) break
  }
  return text
}
