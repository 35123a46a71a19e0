import { z } from 'zod'
import { emptyRole, withRecord } from '../domain/model-registry.js'
import { ModelRecord } from '../domain/model.js'
import { applyRule } from '../domain/promotion-rule.js'
import { lastingFold } from './stage.js'

const ports = { models: ModelRecord }

/**
 * Decides once about each model that a job made. The decision is a pursuit, not an act: it is taken when the topic has been
 * read to its end, so that decisions which people recorded meanwhile count, and it is on record before the next is taken.
 * After a crash either the record exists and nothing is left to decide, or the decision is taken again.
 */
export const promote = lastingFold({
  name: 'promote',
  summary: 'Activates a newly registered model unless it scores below the confidence interval of the active one.',
  initial: () => emptyRole,
  key: (record: ModelRecord) => record.role,
  input: ModelRecord,
  ports,
  options: z.strictObject({
    attribute: z
      .string()
      .default('')
      .describe(
        'attribute whose held-out correlation decides whether a model replaces the active one; empty: quality, or helpfulness where the set has no quality; none: a person decides',
      ),
  }),
  create: ({ to, options }) => ({
    step: withRecord,
    act: () => Promise.resolve([]),
    pursue: state =>
      state.undecided.slice(0, 1).map(({ role, model }) => ({
        key: `${role} ${model}`,
        run: () => Promise.resolve(applyRule(state, options.attribute).map(record => to.models(record))),
      })),
  }),
})
