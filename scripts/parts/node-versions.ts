import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { runCommand } from './commands.js'
import type { Part } from './part.js'

/** The oldest Node that package.json allows, and the newest of each later line that is supported. */
const VERSIONS = ['20.19.0', '22.23.3', '24.21.0'] as const

/** Digests of npm's packages of binaries, as the registry spells them, by machine and version. */
const INTEGRITY: Readonly<Record<string, Readonly<Record<(typeof VERSIONS)[number], string>>>> = {
  'linux-x64': {
    '20.19.0': 'sha512-HzVYgEgabV/n3nP2F9mcxS0Nxgg99jynX9CMovakLmSYTuTdQRbbtw0yadY8+qKcqXfiDAtb2hmtR7nDPzclGA==',
    '22.23.3': 'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
    '24.21.0': 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    '20.19.0': 'sha512-kT7jX7frbsrMrXMsBaFt3Th1SWs5VjxTzd0U8vxcmdCFkaqeu5hFK0+QoYfIo5drmr3DmwJfLtO2gnD/7hNE/Q==',
    '22.23.3': 'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
    '24.21.0': 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
}

const MACHINE = `${process.platform}-${process.arch}`
const pins = new Map(Object.entries(INTEGRITY[MACHINE] ?? {}))
const nameOf = (version: string): string => `node-${version}`

/** The Nodes that are supported, by version, or null when one is absent. */
export function nodeVersions(): readonly { readonly version: string; readonly node: string }[] | null {
  if (pins.size === 0) return null
  const folders = VERSIONS.map(version => ({ version, folder: installedFolder(nameOf(version), pins) }))
  if (folders.some(({ folder }) => folder === null)) return null
  return folders.map(({ version, folder }) => ({ version, node: join(folder!, 'package', 'bin', 'node') }))
}

/** Nodes beside the one that runs this, from npm; 130 MB are downloaded. */
export const nodeVersionsPart: Part = {
  name: 'node-versions',
  installed: () => nodeVersions() !== null,
  install: async () => {
    if (pins.size === 0)
      throw new Error(`npm has no Node for ${MACHINE} in each of the versions ${VERSIONS.join(', ')}`)
    for (const version of VERSIONS) {
      if (installedFolder(nameOf(version), pins)) continue
      await install(nameOf(version), pins, async folder => {
        const spec = `node-${MACHINE}@${version}`
        await runCommand('npm', ['pack', spec, '--silent', '--pack-destination', folder])
        const archive = join(folder, `node-${MACHINE}-${version}.tgz`)
        const found = `sha512-${createHash('sha512')
          .update(await readFile(archive))
          .digest('base64')}`
        if (found !== pins.get(version))
          throw new Error(`${spec} has the digest ${found}, pinned is ${pins.get(version)}`)
        await runCommand('tar', ['-xzf', archive, '-C', folder, 'package/bin/node', 'package/LICENSE'])
        await rm(archive)
      })
    }
  },
}
