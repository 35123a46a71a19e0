/**
 * Puts a file into a bucket with the compiled code, and says so when a first part has been taken.
 * Usage: node put.mjs SETTINGS PATH NAME FACTS
 */
const [settings, path, name, facts] = process.argv.slice(2)
const { s3Bucket } = await import(new URL('../../../dist/adapters/storage/s3/bucket.js', import.meta.url).href)
const bucket = s3Bucket(JSON.parse(settings), { partBytes: 5 << 20 })
const timer = setInterval(async () => {
  for await (const _ of bucket.unfinished(name)) {
    clearInterval(timer)
    console.log('begun')
  }
}, 5)
await bucket.put(path, name, JSON.parse(facts))
console.log('done')
