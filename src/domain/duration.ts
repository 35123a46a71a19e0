import { z } from 'zod'

/** A year, in seconds. Timers of Node take at most 24 days, so that longer limits are for clocks that are compared. */
export const longestWait = 31_536_000
/** Longest timer, in seconds. */
export const longestTimer = 86_400
/** A shorter one would keep a processor busy with nothing else. */
const shortest = 0.01

/** Seconds of a limit or an interval that a timer counts, at most a day. */
export const timerSeconds = () => z.number().min(shortest).max(longestTimer)

/** Seconds of a wait that may be none, at most a year. */
export const waitSeconds = () => z.number().min(0).max(longestWait)

/** Days of a retention, at most a hundred years; 0 may mean none. */
export const retentionDays = () => z.number().min(0).max(36_500)

/** Seconds of an age, at most a year. */
export const ageSeconds = () => z.number().min(shortest).max(longestWait)
