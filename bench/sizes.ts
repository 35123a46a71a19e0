/**
 * Whether this run only shows that everything runs (`--tiny`): sizes are the least with which all of a part happens, no
 * figure is judged, and none can be recorded.
 */
export const tiny = process.argv.includes('--tiny')

/** A size as it is measured with, or the least one in a tiny run. */
export const sized = (usual: number, least: number): number => (tiny ? least : usual)
