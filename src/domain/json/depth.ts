import { SteerflowError } from '../errors.js'

/**
 * Deepest nesting of what is read, by kind: a few MB of brackets would become hundreds of MB of values, and what writes
 * values goes as deep by recursion. Trees of messages nest twice a turn: 10,000 turns are well within the bound of sources.
 */
export const deepest = { value: 512, source: 32_768 } as const

/** Whether a JSON text is nested deeper than `most`. Cheap for what has fewer brackets: nearly all texts. */
export function isDeeper(text: string, most: number): boolean {
  // What is short ends before it has closed them.
  if (text.length <= 2 * most) return false
  let opened = 0
  for (const open of '[{') {
    for (let at = text.indexOf(open); at !== -1; at = text.indexOf(open, at + 1)) {
      if (++opened > most) return nestsDeeper(text, most)
    }
  }
  return false
}

/** Whether brackets outside of strings are nested deeper than `most`. */
function nestsDeeper(text: string, most: number): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (quoted) {
      if (code === backslash) at++
      else if (code === quote) quoted = false
    } else if (code === quote) quoted = true
    else if (code === bracket.open || code === brace.open) {
      if (++depth > most) return true
    } else if (code === bracket.close || code === brace.close) depth--
  }
  return false
}

const [quote, backslash] = [0x22, 0x5c]
const bracket = { open: 0x5b, close: 0x5d }
const brace = { open: 0x7b, close: 0x7d }

export const tooDeep = (most: number): SteerflowError =>
  new SteerflowError('STEERFLOW_INPUT_JSON', `nested deeper than ${most} levels`)
