import { type Answer } from '../protocols/protocol.js'
import { type Outcome } from './counters.js'

/** What one endpoint has done. */
export class Gauges {
  /** Prompts answered with what was asked for. */
  answered = 0
  /** Tokens as far as the server told them. */
  readonly tokens = { prompt: 0, completion: 0 }
  readonly errors: Partial<Record<Outcome, number>> = {}

  succeeded(tokens: Answer['tokens']): void {
    this.answered++
    this.tokens.prompt += tokens?.prompt ?? 0
    this.tokens.completion += tokens?.completion ?? 0
  }

  failed(kind: Outcome): void {
    this.errors[kind] = (this.errors[kind] ?? 0) + 1
  }
}
