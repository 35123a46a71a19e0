import type { Split } from './conversation.js'
import { digest } from './digest.js'

/** How trees are divided between training and validation. */
export interface SplitRule {
  readonly seed: number
  /** Share of the trees that go to the train split, from 0 to 1. */
  readonly ratio: number
}

export interface SplitDecision {
  readonly split: Split
  /** Recorded with every conversation, so that splits by different rules can be told apart later. */
  readonly rule: string
}

/**
 * The split of a whole tree: the source's own if it names one, otherwise by a hash of seed and tree. It does not depend on
 * the other records of the stream, nor on their order.
 */
export function splitOf(treeId: string, rule: SplitRule, named?: Split): SplitDecision {
  if (named) return { split: named, rule: 'source' }
  // 13 hex digits are 52 bits, which a double holds exactly: a number from 0 up to, but not including, 1.
  const share = Number.parseInt(digest(String(rule.seed), treeId).slice(0, 13), 16) / 2 ** 52
  return { split: share < rule.ratio ? 'train' : 'validation', rule: `hash(seed=${rule.seed},ratio=${rule.ratio})` }
}
