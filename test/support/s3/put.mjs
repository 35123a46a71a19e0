/**
 * Puts a file into a bucket with the compiled code. Once its upload has begun it says so, and stands still until it is killed.
 * Usage: node put.mjs SETTINGS PATH NAME FACTS
 */
const [settings, path, name, facts] = process.argv.slice(2)
const { s3Bucket } = await import(new URL('../../../dist/adapters/storage/s3/bucket.js', import.meta.url).href)
const bucket = s3Bucket(JSON.parse(settings), { partBytes: 5 << 20 })
// Uploads that earlier processes left are not this one's.
let latest = 0
for await (const { begun } of bucket.unfinished(name)) latest = Math.max(latest, begun)
setInterval(async () => {
  for await (const { begun } of bucket.unfinished(name)) {
    if (begun <= latest) continue
    console.log('begun')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
}, 5)
await bucket.put(path, name, JSON.parse(facts))
console.log('done')
process.exit()
