import type * as Sdk from '@aws-sdk/client-s3'
import { SteerflowError } from '../../../domain/errors.js'
import { type S3Settings } from './settings.js'

export interface S3Access {
  readonly sdk: typeof Sdk
  readonly client: Sdk.S3Client
}

/**
 * The SDK and a client of it, loaded when the first request is made: it is large, and most runs want none.
 * @throws STEERFLOW_PACKAGE_MISSING when it was left out of the installation.
 */
export async function openClient(settings: S3Settings): Promise<S3Access> {
  const sdk = await load()
  const { region, endpoint, forcePathStyle } = settings
  const client = new sdk.S3Client({
    ...(region && { region }),
    // Servers other than AWS have no regions, and the SDK asks for one all the same.
    ...(!region && endpoint && { region: process.env.AWS_REGION ?? 'us-east-1' }),
    ...(endpoint && { endpoint }),
    forcePathStyle,
    // Checksums are ours: known before the upload, in the request, and checked against the manifest when read.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
  })
  return { sdk, client }
}

async function load(): Promise<typeof Sdk> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_PACKAGE_MISSING', '@aws-sdk/client-s3 is not installed', { cause })
  }
}
