import { type Figure } from './figure.js'
import { type Settings } from './settings.js'

/** One part of a benchmark, by which it can be asked for with `--only`. */
export type Part = (settings: Settings) => Promise<Figure[]>

/** Measures the parts that are asked for, one after another. @throws an Error when there is no part of a name. */
export async function measured(parts: Readonly<Record<string, Part>>, settings: Settings): Promise<Figure[]> {
  const names = settings.only ?? Object.keys(parts)
  const unknown = names.filter(name => !Object.hasOwn(parts, name))
  if (unknown.length > 0)
    throw new Error(`no part is called ${unknown.join(', ')}; known: ${Object.keys(parts).join(', ')}`)
  const figures: Figure[] = []
  for (const name of names) {
    process.stderr.write(`  ${name} …\n`)
    figures.push(...(await parts[name]!(settings)))
  }
  return figures
}
