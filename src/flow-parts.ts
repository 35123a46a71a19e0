import { type OwnProtocol, ownProtocol } from './adapters/inference/protocols/own.js'
import type { Protocols } from './adapters/inference/protocols/protocols.js'
import { ownTrainer } from './trainers/own.js'
import type { Trainer } from './trainers/trainer.js'
import { SteerflowError } from './domain/errors.js'
import type { ExportFormat } from './domain/export/export-format.js'
import type { SourceFormat } from './domain/formats/format.js'
import { flatFormat } from './domain/formats/index.js'

/**
 * What a flow brings beside its nodes. The parts of a flow come from modules that no compiler may have seen: each check
 * gives the same parts back.
 */

/** @throws STEERFLOW_FLOW_INVALID when one is no source format, or two have one name */
export const mustBeSourceFormats = (formats: readonly SourceFormat[]): readonly SourceFormat[] =>
  parts('source format', formats, { summary: 'string', detect: 'function', read: 'function' }, [flatFormat])

/** @throws STEERFLOW_FLOW_INVALID when one is no export format, or two have one name */
export const mustBeExportFormats = (formats: readonly ExportFormat[]): readonly ExportFormat[] =>
  parts('export format', formats, { summary: 'string', open: 'function' })

/** The protocols with others. @throws STEERFLOW_FLOW_INVALID when one is no protocol, or has the name of another */
export function protocolsWith(known: Protocols, own: Readonly<Record<string, OwnProtocol>>): Protocols {
  const added = Object.entries(own).map(([name, protocol]) => {
    if (Object.hasOwn(known, name)) throw twoOf('inference protocol', name)
    mustBeName('inference protocol', name)
    return [name, ownProtocol(name, protocol)] as const
  })
  return { ...known, ...Object.fromEntries(added) }
}

/** The trainers with others. @throws STEERFLOW_FLOW_INVALID when one is no trainer, or has the name of another */
export const trainersWith = (known: readonly Trainer[], own: readonly Trainer[]): readonly Trainer[] => {
  parts('trainer', [...known, ...own], {}, ['none'])
  return [...known, ...own.map(ownTrainer)]
}

/**
 * @param properties what `typeof` says of properties
 * @param taken names that are not to be had
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
  if (typeof part !== 'object' || part === null) throw invalid(`every ${what} is an object, and one is ${typeof part}`)
  const { name } = part as { readonly name?: unknown }
  mustBeName(what, name)
  for (const [key, kind] of Object.entries(properties)) {
    const is = typeof (part as Readonly<Record<string, unknown>>)[key]
    if (is !== kind) throw invalid(`${key} of the ${what} ${name}: expected a ${kind}, and it is ${is}`)
  }
}

function mustBeName(what: string, name: unknown): asserts name is string {
  if (typeof name === 'string' && /^[a-z][a-z0-9-]*$/.test(name)) return
  const called = typeof name === 'string' ? `be called ${name}` : 'be without a name'
  throw invalid(`no ${what} can ${called}: expected small letters, digits and -`)
}

const twoOf = (what: string, name: string): SteerflowError =>
  invalid(`two ${what}s are called ${name}: give yours a name of its own`)

const invalid = (message: string): SteerflowError => new SteerflowError('STEERFLOW_FLOW_INVALID', message)
