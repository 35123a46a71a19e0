import { type RenderingRunner } from '../../stages/needs.js'
import { writeJobFolder } from './job-folder.js'

/** Writes a job's files for somebody else to run. */
export const renderRunner = (root: string): RenderingRunner => ({
  rendersOnly: true,
  render: job => writeJobFolder(root, job),
})
