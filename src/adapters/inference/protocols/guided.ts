import { z } from 'zod'
import type { AttributeSet } from '../../../domain/attributes.js'
import { labelGrammar, labelRegex } from '../../../domain/label-grammar.js'

/**
 * How a server is told to write nothing but a label line. A field that a server does not know it passes over in silence
 * (vLLM from 0.12 so treats `guided_regex`), so that replies are read with the same care whether guided or not.
 */
export const Guided = z.enum(['none', 'gbnf', 'regex-vllm', 'regex-vllm-before-0.12', 'regex-sglang', 'regex-nim'])
export type Guided = z.output<typeof Guided>

/** The fields of a request's body that ask for the label line of a set, from behind its first key. */
export function guidedFields(guided: Guided, line: AttributeSet | null): Readonly<Record<string, unknown>> {
  if (!line) return {}
  switch (guided) {
    case 'none':
      return {}
    case 'gbnf':
      return { grammar: labelGrammar(line) }
    case 'regex-vllm':
      return { structured_outputs: { regex: labelRegex(line) } }
    case 'regex-vllm-before-0.12':
      return { guided_regex: labelRegex(line) }
    case 'regex-sglang':
      return { regex: labelRegex(line) }
    case 'regex-nim':
      return { nvext: { guided_regex: labelRegex(line) } }
  }
}
