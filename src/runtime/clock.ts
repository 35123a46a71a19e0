/**
 * The time of day, in milliseconds since 1970, for what is removed by its age: no later than since the start of this process
 * can have passed. A clock that is set forward while it runs removes nothing; the next process goes by it.
 */
export const surelyNow = (): number => Math.min(Date.now(), performance.timeOrigin + performance.now())
