import { z } from 'zod'
import type { AttributeSet } from '../../../domain/attributes.js'
import { labelGrammar, labelRegex } from '../../../domain/label-grammar.js'

/**
 * How requests restrict a server to label lines. Servers silently ignore unknown fields (as vLLM from 0.12 ignores
 * `guided_regex`), so replies are read with the same care whether guided or not.
 */
export const Guided = z.enum(['none', 'gbnf', 'regex-vllm', 'regex-vllm-before-0.12', 'regex-sglang', 'regex-nim'])
export type Guided = z.output<typeof Guided>

/** Body fields that request the label line of a set, starting after its first key. */
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
