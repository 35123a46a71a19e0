/**
 * URL of a compiled sibling module, for worker threads and child processes: they run plain JavaScript, so that a module
 * loaded from `src` (tests, tsx) points into `dist`.
 */
export const compiledUrl = (importMetaUrl: string, relative: string): URL => {
  const url = new URL(relative, importMetaUrl)
  const at = url.pathname.lastIndexOf('/src/')
  if (at >= 0) url.pathname = `${url.pathname.slice(0, at)}/dist/${url.pathname.slice(at + '/src/'.length)}`
  return url
}
