/**
 * Preloaded into a worker: collects its garbage four times a minute, and writes into a file how many bytes JavaScript holds then.
 * V8 by itself collects buffers outside its heap only once there are 64 MB of them, which takes a calm worker half an hour:
 * without this, an hour shows garbage that waits, and hides what is held. Often enough to fall between two snapshots of a
 * dataset, which take longer and longer while it grows: what one works on is not held.
 * Usage: STEERFLOW_SOAK_HELD=FILE node --expose-gc --require collect.cjs PROGRAM
 */
const { writeFileSync } = require('node:fs')

const file = process.env.STEERFLOW_SOAK_HELD
const everyMs = 15_000

setInterval(() => {
  // What the first one finalizes, the second one frees.
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  writeFileSync(file, String(heapUsed + external))
}, everyMs).unref()
