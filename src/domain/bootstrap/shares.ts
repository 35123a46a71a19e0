/** Quotients that should be whole may lie a rounding error below. */
const slack = 1e-9

/** Most negatives beside so many accepted answers, if they may be `share` of both together. */
export const mostNegatives = (accepted: number, share: number): number =>
  Math.floor((accepted * share) / (1 - share) + slack)

/** How many records are replayed beside so many answers, so that they are `share` of both together, to the nearest. */
export const replayedBeside = (answers: number, share: number): number => Math.round((answers * share) / (1 - share))
