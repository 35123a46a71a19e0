import { z } from 'zod'

/**
 * A bucket of S3, or of a server that speaks its protocol. Credentials are not in here: they come from where every
 * program of AWS takes them (`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, `AWS_PROFILE`, the role of the machine or
 * container).
 */
export const S3Settings = z.strictObject({
  bucket: z
    .string()
    .min(1)
    .meta({ description: 'bucket that keeps the shards; it must exist', examples: ['datasets'] }),
  prefix: z
    .string()
    .regex(/^([\w.=+-]+(\/[\w.=+-]+)*\/?)?$/, 'expected names with slashes between them')
    .default('')
    .describe('what the names of all objects begin with; a slash is put behind it'),
  region: z.string().default('').describe('region of the bucket; empty: AWS_REGION, or that of the profile'),
  endpoint: z
    .union([z.literal(''), z.url({ protocol: /^https?$/, abort: true })])
    .default('')
    .describe('address of a server other than AWS; empty: AWS'),
  forcePathStyle: z
    .boolean()
    .default(false)
    .describe('put the bucket into the path, not the host name, as most servers other than AWS want'),
})
export type S3Settings = z.output<typeof S3Settings>
