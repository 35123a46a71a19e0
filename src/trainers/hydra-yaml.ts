import { yamlFloat, yamlString } from './literals.js'

/** A float, as opposed to an integer: the value of an integer key must not become `1.0`, nor the reverse. */
export interface Float {
  readonly float: number
}

export type YamlScalar = string | number | boolean | Float

/** Nested keys; leaves are scalars. */
interface Tree {
  readonly [key: string]: Tree | YamlScalar
}

const isLeaf = (value: Tree | YamlScalar): value is YamlScalar =>
  typeof value !== 'object' || typeof (value as { float?: unknown }).float === 'number'

function scalar(value: YamlScalar): string {
  if (typeof value === 'string') return yamlString(value)
  return typeof value === 'object' ? yamlFloat(value.float) : String(value)
}

function nest(keys: Readonly<Record<string, YamlScalar>>): Tree {
  const root: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(keys)) {
    const parts = path.split('.')
    const last = parts.pop()!
    let at = root
    for (const part of parts) at = (at[part] ??= {}) as Record<string, unknown>
    at[last] = value
  }
  return root as Tree
}

const block = (tree: Tree, indent: string): readonly string[] =>
  Object.entries(tree).flatMap(([key, value]) =>
    isLeaf(value) ? [`${indent}${key}: ${scalar(value)}`] : [`${indent}${key}:`, ...block(value, `${indent}  `)],
  )

/**
 * A hydra configuration that inherits everything from `base` and sets only these keys, given with dots. It is read with
 * `--config-dir`, so that `base` is the trainer's own, of whatever version
 * (docs/reference/training-tools.md#passing-a-file).
 */
export const hydraYaml = (base: string, keys: Readonly<Record<string, YamlScalar>>): string =>
  [`defaults:`, `  - ${base}`, `  - _self_`, ...block(nest(keys), '')].join('\n') + '\n'
