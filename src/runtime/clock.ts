/**
 * The time in milliseconds since 1970, for removing things by age: never later than the start of this process plus the time
 * elapsed since. A clock that is set forward during the run removes nothing; only the next process uses it.
 */
export const surelyNow = (): number => Math.min(Date.now(), performance.timeOrigin + performance.now())
