import type { Logger } from 'pino'
import { asSteerflowError, explain } from '../../domain/errors.js'
import type { Snapshots } from '../../stages/needs.js'
import { tidy } from '../training/keep.js'
import type { Workspace } from '../workspace.js'

/**
 * Snapshots that apply the keep rules after each materialisation. A failed removal does not affect the snapshot: it is
 * logged, and retried after the next one.
 */
export const tidied = (workspace: Workspace, snapshots: Snapshots, logger: Logger): Snapshots => ({
  materialise: async (dataset, manifests) => {
    const made = await snapshots.materialise(dataset, manifests)
    try {
      for (const { kind, name, bytes } of await tidy(workspace, dataset)) {
        logger.info(
          { event: 'removed', kind, dataset, name, bytes },
          `removed the ${kind} ${name} of ${dataset}, which no rule keeps`,
        )
      }
    } catch (thrown) {
      const error = asSteerflowError(thrown)
      logger.warn(
        { event: 'not-removed', dataset, code: error.code, cause: explain(error) },
        `data of ${dataset} that no rule keeps was not removed: ${explain(error)}`,
      )
    }
    return made
  },
})
