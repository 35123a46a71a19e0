/**
 * A server of S3's protocol that keeps objects as files and knows one key, S3RVER. Signatures are not compared: it
 * computes those of listings in another way than S3.
 * Usage: node s3rver.mjs PORT FOLDER BUCKET…
 */
import S3rver from '@20minutes/s3rver'

const [port, directory, ...buckets] = process.argv.slice(2)
const configureBuckets = buckets.map(name => ({ name }))
const options = { allowMismatchedSignatures: true, vhostBuckets: false, silent: true }
await new S3rver({ ...options, port: Number(port), address: '127.0.0.1', directory, configureBuckets }).run()
