/** Opens the log that the test named on the command line; returns it with the rest of the task. */
export async function connect() {
  const { connection, ...task } = JSON.parse(process.argv[2])
  const adapter = await import(connection.module)
  return { log: await adapter[connection.open](connection.options), task }
}

/** Runs a worker: fenced is exit 3, any other error exit 1. */
export function main(work) {
  work().catch(error => {
    console.error(error)
    process.exit(error.code === 'STEERFLOW_FENCED' ? 3 : 1)
  })
}

/** A small repeatable generator of numbers in [0, 1). */
export function random(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
