let latest = 'its start'

/** Says what is done from now on: a part that hangs is told of by its latest step. */
export function step(what: string): void {
  latest = what
}

/** What was begun last, in words. */
export const latestStep = (): string => latest
