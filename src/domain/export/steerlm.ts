import { originalLine } from '../conversation-line.js'
import { originalFeatures } from '../dataset/features.js'
import type { ExportFormat } from './export-format.js'

/** The lines that the original scripts write: what NeMo's chat loader reads, and nothing else. */
export const steerlm: ExportFormat = {
  name: 'steerlm',
  summary: "NeMo's SteerLM lines, without what steerflow adds to them",
  open: () => ({
    features: originalFeatures,
    about: ["Conversations as NeMo's preprocessing writes them: keys, order and spelling are the original's."],
    encode: record => ({ rows: [originalLine(record)] }),
  }),
}
