import { z } from 'zod'

/** How a text is sampled from a model; published values: docs/reference/papers.md#steerlm-20. */
export const Sampling = z
  .strictObject({
    temperature: z.number().min(0).max(100).describe('0: the likeliest token each time'),
    topP: z.number().gt(0).max(1).describe('smallest share of probability whose tokens may be drawn'),
    topK: z.int().nonnegative().describe('number of likeliest tokens that may be drawn; 0: all'),
    seed: z.int().nonnegative().nullable().describe("seed of the draw; null: the server's own"),
  })
  .meta({ title: 'Sampling' })
export type Sampling = z.output<typeof Sampling>

/** Always the likeliest token. */
export const greedy: Sampling = { temperature: 0, topP: 1, topK: 0, seed: null }

/** Whether two draws may share a request to a server, which samples all texts of a request with the same settings. */
export const sameSampling = (a: Sampling | undefined, b: Sampling | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.temperature === b.temperature &&
    a.topP === b.topP &&
    a.topK === b.topK &&
    a.seed === b.seed)
