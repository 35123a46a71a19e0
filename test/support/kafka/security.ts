import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../../scripts/parts/commands.js'

/** What a client needs to come in by the guarded listeners; made anew at every start, never kept. */
export interface Security {
  readonly username: string
  readonly password: string
  /** The certificate of the authority that signed the broker's, in PEM. */
  readonly ca: string
  /** The broker's own: its certificate and its key, in PEM. */
  readonly certificate: { readonly chain: string; readonly key: string }
}

const NO_CERTIFICATE = { ca: '', certificate: { chain: '', key: '' } }

export const makeSecurity = async (tls: boolean): Promise<Security> => ({
  username: 'alice',
  password: randomBytes(12).toString('hex'),
  ...(tls ? await makeCertificate() : NO_CERTIFICATE),
})

/** An authority and a certificate of the loopback address that it signed, for one day. Throws without openssl. */
async function makeCertificate(): Promise<Pick<Security, 'ca' | 'certificate'>> {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-certificate-'))
  const openssl = (...args: string[]) => runCommand('openssl', args, folder)
  const key = ['-newkey', 'rsa:2048', '-nodes']
  try {
    await writeFile(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
    await openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=test authority',
      '-days',
      '1',
    )
    await openssl('req', ...key, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=localhost')
    await openssl(
      ...['x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-out', 'chain.pem', '-days', '1', '-extfile', 'names'],
    )
    const read = (name: string) => readFile(join(folder, name), 'utf8')
    return { ca: await read('ca.pem'), certificate: { chain: await read('chain.pem'), key: await read('key.pem') } }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A token that Kafka's validator for development takes: signed by nobody, valid for an hour. */
export function unsecuredToken(subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: now, exp: now + 3600 })}.`
}
