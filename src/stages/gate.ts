import { z } from 'zod'
import { attributeSets } from '../domain/attributes.js'
import { type ScoredCandidate, ScoredSample } from '../domain/bootstrap/candidates.js'
import { gateAnswers } from '../domain/bootstrap/gate/gate-answers.js'
import { type AnswerOutcome, Outcome } from '../domain/bootstrap/outcome.js'
import type { Round } from '../domain/bootstrap/round.js'
import { type Bootstrapped, Conversation } from '../domain/conversation.js'
import { conversationId } from '../domain/conversation-id.js'
import { digest } from '../domain/digest.js'
import { templateStrings } from '../domain/prompt-tokens.js'
import { exampleOutcome, exampleSample, measuringRound } from './gate-examples.js'
import { each } from './stage.js'

/**
 * Decides which answers of a prompt are trained on, by the rules that the round began with, and records every decision
 * with the values that its rules saw. An answer is labelled with its predicted label, not the requested one
 * (docs/reference/papers.md#bootstrap-in-the-steerlm-paper).
 */
export const gate = each({
  name: 'gate',
  summary: 'Decides which sampled answers are trained on, and records every decision.',
  needs: ['rounds', 'trainingIndexes', 'attributeSets'],
  input: ScoredSample,
  ports: { accepted: Conversation, outcomes: Outcome },
  options: z.strictObject({
    controlTokens: z
      .array(z.string().min(1))
      .default([...templateStrings])
      .describe('control strings of prompt templates, which no answer may contain'),
  }),
  exampleNeeds: () => ({
    rounds: { of: async () => ({ round: measuringRound, givenUp: false }) },
    trainingIndexes: { of: async () => ({ nearest: async () => null }) },
    attributeSets: {
      set: () => ({
        ...attributeSets['oasst-12@1'],
        name: 'example@1',
        attributes: [{ key: 'quality', min: 0, max: 4 }],
      }),
    },
  }),
  examples: [
    {
      title: 'Two answers of a round that only measures: one passes, one was cut off in an attribute line',
      given: exampleSample,
      expect: [{ to: 'outcomes', value: exampleOutcome }],
    },
  ],
  create: ({ options, needs, to }) => {
    /** Similarity to the training data of each candidate that is a near-duplicate of it, by the candidate's index. */
    const nearTraining = async ({ candidates }: ScoredSample, round: Round, signal: AbortSignal) => {
      const index = await needs.trainingIndexes.of(round.snapshot, round.plan.gate.similarity, signal)
      const found = new Map<number, number>()
      for (const { index: number, text } of candidates) {
        const near = text === '' ? null : await index.nearest(text)
        if (near) found.set(number, near.similarity)
      }
      return found
    }
    return async (sample, { signal }) => {
      const { round, givenUp } = await needs.rounds.of(sample.round, signal)
      const answers =
        sample.candidates.length === 0
          ? []
          : gateAnswers(sample, {
              set: needs.attributeSets.set(sample.attribute_set),
              rules: round.plan.gate,
              controlTokens: options.controlTokens,
              nearTraining: await nearTraining(sample, round, signal),
            })
      const measures = round.purpose === 'measure'
      const kept = measures ? [] : answers.filter(answer => answer.kept !== 'no')
      const isAccepted = answers.some(answer => answer.kept === 'accepted')
      return [
        ...kept.map(answer => to.accepted(conversationOf(sample, answer, options.controlTokens))),
        to.outcomes({
          round: sample.round,
          end: isAccepted ? 'accepted' : 'rejected',
          prompt: sample.index,
          of: sample.of,
          answers: kept.length,
          version: null,
          prompt_id: sample.prompt_id,
          asked: sample.label,
          reference_chars: sample.reference?.length ?? null,
          candidates: [...answers],
          reason: measures ? 'measured' : answers.length === 0 && givenUp ? 'round given up' : null,
        }),
      ]
    }
  },
})

/** The conversation that consists of a prompt and its answer. */
function conversationOf(sample: ScoredSample, outcome: AnswerOutcome, tokens: readonly string[]): Conversation {
  const answer = sample.candidates.find(one => one.index === outcome.index)!
  const { label, scores } = answer.predicted!
  const { tree_id, system, mask, lineage } = sample
  const spoken = {
    conversations: [...sample.turns, { value: answer.text, from: sample.speaker, label }],
    tree_id,
    system,
    mask,
    type: 'VALUE_TO_TEXT' as const,
  }
  return {
    ...spoken,
    steerflow: {
      id: conversationId(spoken),
      split: 'train',
      split_rule: 'bootstrap',
      origin: 'bootstrap',
      lineage: {
        ...lineage,
        configuration: digest('gate', lineage.configuration, sample.round, ...tokens),
        models: [...lineage.models, sample.policy, sample.value_model],
      },
      bootstrap: bootstrapped(sample, answer, outcome.kept),
      scores: [...sample.turns.map(() => null), { ...scores }],
      value_model: sample.value_model,
      attribute_set: sample.attribute_set,
    },
  }
}

const bootstrapped = (
  { round, index, label }: ScoredSample,
  { index: candidate, seed }: ScoredCandidate,
  kept: AnswerOutcome['kept'],
): Bootstrapped => ({
  round,
  prompt: index,
  candidate,
  seed,
  asked: label,
  kept: kept === 'negative' ? 'negative' : 'accepted',
})
