import { z } from 'zod'

/**
 * A bucket of S3 or of a compatible server. It has no credentials: they come from the usual AWS sources (`AWS_ACCESS_KEY_ID`
 * and `AWS_SECRET_ACCESS_KEY`, `AWS_PROFILE`, the role of the machine or container).
 */
export const S3Settings = z.strictObject({
  bucket: z
    .string()
    .min(1)
    .meta({ description: 'bucket for the shards; it must exist', examples: ['datasets'] }),
  prefix: z
    .string()
    .regex(/^([\w.=+-]+(\/[\w.=+-]+)*\/?)?$/, 'expected names separated by slashes')
    .default('')
    .describe('prefix of all object names; a slash is appended'),
  region: z.string().default('').describe('region of the bucket; empty: AWS_REGION, or the region of the profile'),
  endpoint: z
    .union([z.literal(''), z.url({ protocol: /^https?$/, abort: true })])
    .default('')
    .describe('URL of a server other than AWS; empty: AWS'),
  forcePathStyle: z
    .boolean()
    .default(false)
    .describe('put the bucket into the path instead of the host name; most servers other than AWS need this'),
})
export type S3Settings = z.output<typeof S3Settings>
