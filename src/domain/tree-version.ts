import type { Lineage } from './conversation.js'

/** Formats in which a source record is a whole tree, so that a later record replaces all paths of an earlier one. */
const wholeTrees: ReadonlySet<string> = new Set(['oasst-tree'])

/**
 * The version of a path's tree: the source record that the path was cut from. Null if source records are not whole trees:
 * then records with the same tree id are further conversations, not newer versions. On a stream whose records have no line,
 * all versions of a tree look alike, and paths that a newer version no longer has are kept.
 */
export const treeVersion = (provenance: {
  readonly origin: string
  readonly lineage: Pick<Lineage, 'source' | 'line'>
}): string | null => {
  const { source, line } = provenance.lineage
  return wholeTrees.has(provenance.origin) ? `${line}:${source}` : null
}
