/**
 * Text that means exactly one value to the program that reads it. The rules were established by running hydra,
 * OmegaConf, PyYAML and bash (docs/reference/training-tools.md#literals); `test/trainers/hydra.real.test.ts` proves
 * them on arbitrary strings.
 */

/** OmegaConf reads an unescaped `${` as an interpolation; backslashes before it have to be doubled. */
const withoutInterpolation = (text: string): string =>
  text.replace(/(?<!\\)(\\*)\$\{/g, (_, slashes: string) => `${slashes}${slashes}\\\${`)

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')

/**
 * One code point inside a double-quoted YAML scalar. All but printable ASCII is escaped: PyYAML refuses DEL, folds U+0085,
 * and splits escaped surrogate pairs.
 */
function yamlCharacter(character: string): string {
  const code = character.codePointAt(0)!
  if (character === '"' || character === '\\') return `\\${character}`
  if (code >= 0x20 && code <= 0x7e) return character
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`
}

/** A string as a YAML scalar. Always double-quoted, since plain and single-quoted ones have no escapes, or other types. */
export const yamlText = (text: string): string => `"${Array.from(text, yamlCharacter).join('')}"`

/** A string as a YAML scalar for OmegaConf. */
export const yamlString = (text: string): string => yamlText(withoutInterpolation(text))

/** A float in the form that every YAML reader takes for one: with a decimal point, and a sign in the exponent. */
export function yamlFloat(value: number): string {
  const [mantissa, exponent] = String(value).split('e')
  const pointed = mantissa!.includes('.') ? mantissa! : `${mantissa!}.0`
  return exponent === undefined ? pointed : `${pointed}e${exponent}`
}

/** One word of a POSIX shell's command line. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
