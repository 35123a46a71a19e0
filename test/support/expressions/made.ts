/**
 * The expressions that are made by `RegExp` while `work` runs, as the sources of a module do when it is loaded or called.
 */
export async function madeBy(work: () => unknown): Promise<readonly RegExp[]> {
  const made: RegExp[] = []
  const usual = globalThis.RegExp
  const remembering = (expression: RegExp): RegExp => {
    made.push(expression)
    return expression
  }
  globalThis.RegExp = new Proxy(usual, {
    construct: (target, args: [string, string?]) => remembering(new target(...args)),
  })
  try {
    await work()
  } finally {
    globalThis.RegExp = usual
  }
  return made
}
