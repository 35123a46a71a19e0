import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { ensureCommand, installDebian, runCommand } from './commands.js'
import { findJava } from './java.js'
import type { Part } from './part.js'
import { readPins, verify } from './pins.js'

/** The release of Apache Kafka that tests run, from jars as from its image. */
export const KAFKA_VERSION = '4.3.1'

const NAME = `kafka-${KAFKA_VERSION}`
const JAVA = 17
const pins = readPins('kafka.sha256')

/** Kafka's jars and a Java for them, or null when one is absent. */
export function kafkaJars(): { readonly java: string; readonly libs: string } | null {
  const folder = installedFolder(NAME, pins)
  const java = findJava(JAVA)
  return folder && java ? { java, libs: join(folder, 'libs') } : null
}

export const kafka: Part = {
  name: 'kafka',
  installed: () => kafkaJars() !== null,
  install: async () => {
    await ensureCommand('openssl', 'openssl')
    if (!findJava(JAVA)) await installDebian('default-jre-headless', `Java ${JAVA} or later is not here`)
    if (installedFolder(NAME, pins)) return
    await ensureCommand('mvn', 'maven')
    await install(NAME, pins, async folder => {
      const pom = join(folder, 'pom.xml')
      await writeFile(pom, POM)
      const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
      await runCommand('mvn', ['-q', '-B', '-f', pom, goal, '-DoutputDirectory=libs', '-DincludeScope=runtime'])
      await rm(pom)
      await verify(join(folder, 'libs'), pins)
    })
  },
}

/** The broker, and what prints its log: without it the log is silent. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>steerflow</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.5</version>
    </dependency>
  </dependencies>
</project>
`
