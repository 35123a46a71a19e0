import type * as Sdk from '@aws-sdk/client-s3'
import { optionalPackage } from '../../optional-package.js'
import { Secrets } from '../../secrets.js'
import { boundAnswers, type S3Bounds } from './bounded.js'
import type { S3Settings } from './settings.js'

export interface S3Access {
  readonly sdk: typeof Sdk
  readonly client: Sdk.S3Client
}

/**
 * The SDK and a client, loaded at the first request: the SDK is large, and most runs do not need it.
 * @throws STEERFLOW_PACKAGE_MISSING if it is not installed
 */
export async function openClient(settings: S3Settings, bounds: S3Bounds): Promise<S3Access> {
  const sdk = await optionalPackage('@aws-sdk/client-s3', 'storage in a bucket', () => import('@aws-sdk/client-s3'))
  const { region, endpoint, forcePathStyle } = settings
  const client = new sdk.S3Client({
    ...(region && { region }),
    // Servers other than AWS have no regions, but the SDK requires one.
    ...(!region && endpoint && { region: process.env.AWS_REGION ?? 'us-east-1' }),
    ...(endpoint && { endpoint }),
    forcePathStyle,
    // We use our own checksums: sent with the upload, and compared with the manifest when reading.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
  })
  boundAnswers(client, bounds)
  client.middlewareStack.add(
    next => async call => {
      try {
        return await next(call)
      } catch (error) {
        const { headers } = call.request as { readonly headers: Readonly<Record<string, string | undefined>> }
        throw cleaned(error as Error, secretsOf(headers))
      }
    },
    // After the signing step, where the sent headers are known.
    { step: 'finalizeRequest', priority: 'low', name: 'withoutSecrets' },
  )
  return { sdk, client }
}

/** The credentials of a request: its signature and session token. The signing key itself is not sent. */
function secretsOf(headers: Readonly<Record<string, string | undefined>>): Secrets {
  const { authorization = '', 'x-amz-security-token': token = '' } = headers
  const secrets = new Secrets({ authorization })
  secrets.add(token, /Signature=(\w+)/.exec(authorization)?.[1] ?? '')
  return secrets
}

/** Removes credentials from an SDK error, whose message, code and name come from the server. */
function cleaned(error: Error, secrets: Secrets): Error {
  const told = error as unknown as Record<string, unknown>
  for (const key of ['name', 'message', 'code']) {
    if (typeof told[key] === 'string') told[key] = secrets.cut(told[key])
  }
  return error
}
