import { z } from 'zod'
import { DatasetName } from './shard.js'

/** A tree that no later snapshot may contain, even if it arrives again. */
export const Forgotten = z
  .strictObject({
    tree_id: z.string().min(1).describe('the tree or thread: tree_id of its conversations'),
    dataset: DatasetName.nullable().describe('the only dataset that is to forget it; null: all, later ones too'),
    at: z.string().describe('when it was asked for, ISO 8601'),
    reason: z.string().describe('why, in the words of who asked; may be empty'),
  })
  .meta({ title: 'Forgotten' })
export type Forgotten = z.output<typeof Forgotten>

/** The trees that a dataset must leave out. */
export const forgottenTrees = (records: readonly Forgotten[], dataset: string): ReadonlySet<string> =>
  new Set(records.flatMap(record => (record.dataset === null || record.dataset === dataset ? [record.tree_id] : [])))

/** Whether these records already leave out a tree of a dataset; null stands for all datasets. */
export const isForgotten = (records: readonly Forgotten[], tree: string, dataset: string | null): boolean =>
  records.some(record => record.tree_id === tree && (record.dataset === null || record.dataset === dataset))
