import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server as HttpServer } from 'node:http'
import { createServer as createSecure } from 'node:https'
import { type AddressInfo, connect, type Server } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { KubernetesApi } from '../../../../src/adapters/launchers/kubernetes/api.js'
import { KubernetesSettings } from '../../../../src/adapters/launchers/kubernetes/settings.js'
import { temporaryFolder } from '../../../support/temporary.js'

afterEach(() => void vi.unstubAllEnvs())

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    if ('closeAllConnections' in server) (server as HttpServer).closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

it.each([false, true])(
  'the certificates and the proxy of a kubeconfig are used as they are; proxy: %s',
  async proxied => {
    const folder = await temporaryFolder()
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=ann', '-addext', 'subjectAltName=IP:127.0.0.1']
    const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert]
    execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' })

    const seen: unknown[] = []
    const pem = { key: readFileSync(key), cert: readFileSync(cert) }
    const api = createSecure({ ...pem, ca: pem.cert, requestCert: true }, (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate()
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        seen.push([request.method, request.url, subject.CN, body === '' ? null : (JSON.parse(body) as unknown)])
        response.setHeader('content-type', 'application/json')
        if (request.method === 'POST') return void response.writeHead(409).end('{"message":"it is there"}')
        response.end(JSON.stringify({ metadata: { uid: 'ü', labels: { a: 'b' } } }))
      })
    })
    const port = await listen(api)
    const through = createServer().on('connect', (request, socket) => {
      seen.push(['CONNECT', request.url])
      const [host, port] = request.url!.split(':')
      const behind = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        behind.pipe(socket).pipe(behind)
      })
      for (const one of [behind, socket]) one.on('error', () => behind.destroy())
    })
    const proxy = await listen(through)

    const cluster = {
      server: `https://127.0.0.1:${port}`,
      'certificate-authority': cert,
      ...(proxied && { 'proxy-url': `http://127.0.0.1:${proxy}` }),
    }
    const kubeconfig = join(folder, 'kubeconfig')
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'c',
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user: { 'client-certificate': cert, 'client-key': key } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      }),
    )
    vi.stubEnv('KUBECONFIG', kubeconfig)
    const client = await KubernetesApi.open(KubernetesSettings.parse({ image: 'i', namespace: 'n' }))
    expect(await client.read('steerflow-job')).toMatchObject({ metadata: { uid: 'ü', labels: { a: 'b' } } })
    const files = { metadata: { name: 'x' }, data: { text: 'é' } }
    expect(await client.createFiles(files)).toBeNull()
    const connected = proxied ? [['CONNECT', `127.0.0.1:${port}`]] : []
    expect(seen).toEqual([
      ...connected,
      ['GET', '/apis/batch/v1/namespaces/n/jobs/steerflow-job', 'ann', null],
      ...connected,
      ['POST', '/api/v1/namespaces/n/configmaps', 'ann', files],
    ])
  },
)
