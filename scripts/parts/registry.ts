import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { ensureCommand, installDebian, runCommand } from './commands.js'
import { findJavaAlsoInCache, installJavaWheel } from './java-wheel.js'
import type { Part } from './part.js'
import { type Pins, readPins, verify } from './pins.js'

/** The release of Apicurio Registry that tests run, from its archive as from its image. */
export const REGISTRY_VERSION = '3.3.3'

interface Release {
  readonly version: string
  readonly java: number
  readonly jar: string
}

/** The newest wants a newer Java than many systems have; the older one answers the same questions the same way. */
const NEW: Release = { version: REGISTRY_VERSION, java: 21, jar: 'quarkus-run.jar' }
const OLD: Release = { version: '2.6.13.Final', java: 17, jar: 'apicurio-registry-app-2.6.13.Final-runner.jar' }

const allPins = readPins('registry.sha256')
const archive = ({ version }: Release): string => `apicurio-registry-app-${version}-all.tar.gz`
const pinsOf = (release: Release): Pins => new Map([[archive(release), allPins.get(archive(release))!]])
const nameOf = ({ version }: Release): string => `registry-${version}`

/** The registry's jar and a Java for it, or null when one is absent. */
export function registryJar(): { readonly java: string; readonly jar: string; readonly version: string } | null {
  for (const release of [NEW, OLD]) {
    const folder = installedFolder(nameOf(release), pinsOf(release))
    const java = findJavaAlsoInCache(release.java)
    if (folder && java) return { java, jar: join(folder, release.jar), version: release.version }
  }
  return null
}

export const registry: Part = {
  name: 'registry',
  installed: () => registryJar() !== null,
  install: async () => {
    const release = await releaseForThisMachine()
    await ensureCommand('mvn', 'maven')
    await install(nameOf(release), pinsOf(release), folder => unpack(release, folder))
  },
}

async function releaseForThisMachine(): Promise<Release> {
  if (findJavaAlsoInCache(NEW.java)) return NEW
  try {
    await installJavaWheel()
    return NEW
  } catch (error) {
    console.log(`no Java ${NEW.java}, so Apicurio Registry ${OLD.version}: ${String(error)}`)
  }
  if (!findJavaAlsoInCache(OLD.java)) {
    await installDebian('default-jre-headless', `Java ${OLD.java} or later is not here`)
  }
  return findJavaAlsoInCache(NEW.java) ? NEW : OLD
}

async function unpack(release: Release, folder: string): Promise<void> {
  const download = join(folder, 'download')
  await mkdir(download)
  await runCommand('mvn', [
    ...['-q', '-B', 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'],
    `-Dartifact=io.apicurio:apicurio-registry-app:${release.version}:tar.gz:all`,
    `-DoutputDirectory=${download}`,
  ])
  await verify(download, pinsOf(release))
  await runCommand('tar', ['xzf', join(download, archive(release)), '-C', folder])
  await rm(download, { recursive: true })
}
