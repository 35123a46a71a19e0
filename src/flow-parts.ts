import { type OwnProtocol, ownProtocol } from './adapters/inference/protocols/own.js'
import type { Protocols } from './adapters/inference/protocols/protocols.js'
import { ownTrainer } from './trainers/own.js'
import type { Trainer } from './trainers/trainer.js'
import { SteerflowError } from './domain/errors.js'
import type { ExportFormat } from './domain/export/export-format.js'
import type { SourceFormat } from './domain/formats/format.js'
import { flatFormat } from './domain/formats/index.js'
import { isPartName } from './domain/names.js'

/**
 * Checks of the parts of a flow other than its nodes. They may come from modules that were never type-checked. Each check
 * returns its input.
 */

/** @throws STEERFLOW_FLOW_INVALID when an entry is not a source format, or two share a name */
export const mustBeSourceFormats = (formats: readonly SourceFormat[]): readonly SourceFormat[] =>
  parts('source format', formats, { summary: 'string', detect: 'function', read: 'function' }, [flatFormat])

/** @throws STEERFLOW_FLOW_INVALID when an entry is not an export format, or two share a name */
export const mustBeExportFormats = (formats: readonly ExportFormat[]): readonly ExportFormat[] =>
  parts('export format', formats, { summary: 'string', open: 'function' })

/** The known protocols and your own. @throws STEERFLOW_FLOW_INVALID when one is not a protocol, or its name is taken */
export function protocolsWith(known: Protocols, own: Readonly<Record<string, OwnProtocol>>): Protocols {
  const added = Object.entries(own).map(([name, protocol]) => {
    if (Object.hasOwn(known, name)) throw twoOf('inference protocol', name)
    mustBeName('inference protocol', name)
    return [name, ownProtocol(name, protocol)] as const
  })
  return { ...known, ...Object.fromEntries(added) }
}

/** The known trainers and your own. @throws STEERFLOW_FLOW_INVALID when one is not a trainer, or its name is taken */
export const trainersWith = (known: readonly Trainer[], own: readonly Trainer[]): readonly Trainer[] => {
  parts('trainer', [...known, ...own], {}, ['none'])
  return [...known, ...own.map(ownTrainer)]
}

/**
 * @param properties the expected `typeof` of each required property
 * @param taken reserved names
 */
function parts<Part extends { readonly name: string }>(
  what: string,
  all: readonly Part[],
  properties: Readonly<Record<string, 'string' | 'function'>>,
  taken: readonly string[] = [],
): readonly Part[] {
  for (const part of all) mustHave(what, part, properties)
  const names = [...taken, ...all.map(({ name }) => name)]
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice === undefined) return all
  throw twoOf(what, twice)
}

function mustHave(what: string, part: unknown, properties: Readonly<Record<string, 'string' | 'function'>>): void {
  if (typeof part !== 'object' || part === null)
    throw invalid(`every ${what} must be an object, but one is ${typeof part}`)
  const { name } = part as { readonly name?: unknown }
  mustBeName(what, name)
  for (const [key, kind] of Object.entries(properties)) {
    const is = typeof (part as Readonly<Record<string, unknown>>)[key]
    if (is !== kind) throw invalid(`${key} of the ${what} ${name}: expected a ${kind}, got ${is}`)
  }
}

function mustBeName(what: string, name: unknown): asserts name is string {
  if (typeof name === 'string' && isPartName(name)) return
  const called = typeof name === 'string' ? `be called ${name}` : 'be without a name'
  throw invalid(`no ${what} can ${called}: expected lowercase letters, digits and -`)
}

const twoOf = (what: string, name: string): SteerflowError =>
  invalid(`two ${what}s are called ${name}: give yours another name`)

const invalid = (message: string): SteerflowError => new SteerflowError('STEERFLOW_FLOW_INVALID', message)
