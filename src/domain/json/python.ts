/**
 * Writes JSON as Python's `json.dumps(value, ensure_ascii=False)` does
 * (docs/reference/original-scripts.md#pythons-json). Keys with the value `undefined` are left out. Numbers are written
 * as JavaScript writes them; values that must keep their spelling go through the lossless reader instead.
 */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const parts: string[] = []
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) parts.push(`${JSON.stringify(key)}: ${pythonJson(item)}`)
    }
    return `{${parts.join(', ')}}`
  }
  return JSON.stringify(value)
}
