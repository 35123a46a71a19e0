import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** A regular expression as it stands in a source file. */
export interface Written {
  /** Below the root of the project, with its line: `src/domain/prompt.ts:12`. */
  readonly at: string
  readonly file: string
  readonly expression: RegExp
}

/** What a folder of sources spells. */
export interface Spelled {
  /** Every literal. */
  readonly literals: readonly Written[]
  /** Files that call `RegExp`, with how often. */
  readonly built: ReadonlyMap<string, number>
}

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Every regular expression below a folder of the project, read from the syntax tree: none in a comment or a text. */
export function expressionsIn(folder: string): Spelled {
  const literals: Written[] = []
  const built = new Map<string, number>()
  for (const path of sources(join(root, folder))) {
    const file = relative(root, path)
    const tree = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const line = tree.getLineAndCharacterOfPosition(node.getStart()).line + 1
        literals.push({ at: `${file}:${line}`, file, expression: ofLiteral(node.text) })
      }
      if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp') {
        built.set(file, (built.get(file) ?? 0) + 1)
      }
      ts.forEachChild(node, visit)
    }
    visit(tree)
  }
  return { literals, built }
}

const sources = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()

function ofLiteral(text: string): RegExp {
  const end = text.lastIndexOf('/')
  return new RegExp(text.slice(1, end), text.slice(end + 1))
}
