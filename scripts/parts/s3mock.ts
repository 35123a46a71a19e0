import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { ensureCommand, installDebian, runCommand } from './commands.js'
import { findJava } from './java.js'
import type { Part } from './part.js'
import { readPins, verify } from './pins.js'

/** The release of Adobe's S3Mock (Apache-2.0): a server of S3's protocol that checks digests and lists uploads. */
const VERSION = '5.2.0'
const NAME = `s3mock-${VERSION}`
const JAVA = 17
const pins = readPins('s3mock.sha256')

/** The server's jar and a Java for it, or null when one is absent. */
export function s3mockJar(): { readonly java: string; readonly jar: string } | null {
  const folder = installedFolder(NAME, pins)
  const java = findJava(JAVA)
  return folder && java ? { java, jar: join(folder, `s3mock-${VERSION}-exec.jar`) } : null
}

export const s3mock: Part = {
  name: 's3mock',
  installed: () => s3mockJar() !== null,
  install: async () => {
    if (!findJava(JAVA)) await installDebian('default-jre-headless', `Java ${JAVA} or later is not here`)
    if (installedFolder(NAME, pins)) return
    await ensureCommand('mvn', 'maven')
    await install(NAME, pins, async folder => {
      await runCommand('mvn', [
        ...['-q', '-B', 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'],
        `-Dartifact=com.adobe.testing:s3mock:${VERSION}:jar:exec`,
        `-DoutputDirectory=${folder}`,
      ])
      await verify(folder, pins)
    })
  },
}
