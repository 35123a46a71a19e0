import { expect, it } from 'vitest'
import { runCli } from '../../support/cli.js'

const missing = `const e = new Error("Cannot find package '" + name + "'"); e.code = "ERR_MODULE_NOT_FOUND"; throw e`
const resolve = `export async function resolve(name, context, next) {
  if (name === "@confluentinc/schemaregistry") { ${missing} }
  return next(name, context)
}`
const url = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`
/** A process in which the optional package cannot be found. */
const env = {
  NODE_OPTIONS: `--import ${url(`import { register } from "node:module"; register(${JSON.stringify(url(resolve))})`)}`,
}

it('needs the client of a registry only when one is configured', async () => {
  const { code } = await runCli(['schemas', 'check'], { env })
  expect(code).toBe(0)
})

it('names the package that is missing then', async () => {
  const { code, stderr } = await runCli(['schemas', 'check', '--set', 'registry.url=http://127.0.0.1:9'], { env })
  expect(code).toBe(2)
  expect(stderr).toMatch(
    /STEERFLOW_PACKAGE_MISSING: registry\.url wants the package @confluentinc\/schemaregistry, which is not installed: /,
  )
})
