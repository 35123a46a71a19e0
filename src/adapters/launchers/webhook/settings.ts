import { z } from 'zod'
import { ageSeconds, timerSeconds } from '../../../domain/duration.js'

const address = z.union([
  z.literal(''),
  z
    .url({ protocol: /^https?$/, abort: true })
    .refine(
      url => !new URL(url).username && !new URL(url).password,
      'must not contain credentials: requests are signed',
    ),
])

/** How jobs are sent to your own system by HTTP. */
export const WebhookSettings = z.strictObject({
  url: address.default('').describe('URL to post jobs to'),
  secretEnv: z
    .string()
    .default('STEERFLOW_WEBHOOK_SECRET')
    .describe('environment variable that holds the signing secret: whsec_ and base64, or any text'),
  secretFile: z.string().default('').describe('file that holds the secret, in place of the variable'),
  timeoutSeconds: timerSeconds().default(30).describe('time limit of a request'),
  toleranceSeconds: ageSeconds()
    .default(300)
    .describe('limit on the difference between the time of a signature and ours'),
  dataUri: z
    .string()
    .default('')
    .describe('URI of the data folder for the other system, like s3://bucket/steerflow; empty: file:// and its path'),
  callback: z
    .strictObject({
      url: address.default('').describe('URL of this listener for the other system; empty: no callback'),
      host: z.string().default('127.0.0.1').describe('address to listen on'),
      port: z
        .int()
        .min(0)
        .max(65_535)
        .nullable()
        .default(8790)
        .describe('port to listen on; null: another process of this data folder listens'),
    })
    .prefault({})
    .describe('listener for job reports of the other system'),
  statusUrl: address
    .default('')
    .describe('URL to poll for the state of a job if no callback is possible; {job} stands for its name'),
  pollSeconds: timerSeconds().default(30).describe('polling interval of statusUrl'),
})
export type WebhookSettings = z.output<typeof WebhookSettings>
