import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import ts from 'typescript'

/**
 * What a compiled file imports: files and packages before its first line runs, and files that it imports when it needs
 * them. Packages that are imported when they are needed are left out.
 */
function importsOf(file: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) found.push(node.moduleSpecifier.text)
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments
      if (specifier && ts.isStringLiteral(specifier) && specifier.text.startsWith('.')) found.push(specifier.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** `@scope/name/path` and `name/path` without the path. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/**
 * The packages that some file loads before it runs, among those that the entries lead to; each with one chain of files.
 * @throws an Error when a file that is imported is not there.
 */
export function packagesLoadedBy(entries: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  const seen = new Set<string>()
  const todo: (readonly string[])[] = entries.map(entry => [resolve(entry)])
  for (let chain = todo.pop(); chain; chain = todo.pop()) {
    const file = chain.at(-1)!
    if (seen.has(file)) continue
    seen.add(file)
    if (!existsSync(file)) throw new Error(`${file} is imported by ${chain.at(-2)} and is not there`)
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) todo.push([...chain, resolve(dirname(file), specifier)])
      else if (!specifier.startsWith('node:')) found.set(packageOf(specifier), chain)
    }
  }
  return found
}
