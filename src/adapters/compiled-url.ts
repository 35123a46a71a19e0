/**
 * URL of a compiled sibling module, for worker threads and child processes: they run plain JavaScript, so that a module
 * loaded from `src` (tests, tsx) points into `dist`.
 */
export const compiledUrl = (importMetaUrl: string, relative: string): URL => {
  const url = new URL(relative, importMetaUrl)
  url.pathname = url.pathname.replace(/\/src\/(?!.*\/src\/)/, '/dist/')
  return url
}
