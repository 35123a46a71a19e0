import { z } from 'zod'

const address = z.union([
  z.literal(''),
  z
    .url({ protocol: /^https?$/, abort: true })
    .refine(url => !new URL(url).username && !new URL(url).password, 'takes no password: requests are signed'),
])

/** How jobs are handed to a system of one's own by HTTP. */
export const WebhookSettings = z.strictObject({
  url: address.default('').describe('where jobs are posted to'),
  secretEnv: z
    .string()
    .default('STEERFLOW_WEBHOOK_SECRET')
    .describe('variable that holds the secret of the signatures; whsec_ and base64, or any text'),
  secretFile: z.string().default('').describe('file that holds the secret, in place of the variable'),
  timeoutSeconds: z.number().positive().default(30).describe('longest that one request may take'),
  toleranceSeconds: z
    .number()
    .positive()
    .default(300)
    .describe('most by which the time of a signature may differ from ours'),
  dataUri: z
    .string()
    .default('')
    .describe('the data folder as the other system names it, like s3://bucket/steerflow; empty: file:// and its path'),
  callback: z
    .strictObject({
      url: address.default('').describe('this listener as the other system reaches it; empty: no callback'),
      host: z.string().default('127.0.0.1').describe('address that is listened on'),
      port: z
        .int()
        .min(0)
        .max(65_535)
        .nullable()
        .default(8790)
        .describe('port that is listened on; null: another process of this data folder listens'),
    })
    .prefault({})
    .describe('where the other system tells what became of a job'),
  statusUrl: address
    .default('')
    .describe('asked for the state of a job where no callback can come; {job} stands for its name'),
  pollSeconds: z.number().positive().default(30).describe('seconds between two questions at statusUrl'),
})
export type WebhookSettings = z.output<typeof WebhookSettings>
