import { originalLine } from '../conversation-line.js'
import { originalFeatures } from '../dataset/features.js'
import type { ExportFormat } from './export-format.js'

/** The lines of the original scripts: the input of NeMo's chat loader, and nothing else. */
export const steerlm: ExportFormat = {
  name: 'steerlm',
  summary: "NeMo's SteerLM lines, without steerflow's additions",
  open: () => ({
    features: originalFeatures,
    about: ["Conversations as NeMo's preprocessing writes them: keys, order and spelling are the original's."],
    encode: record => ({ rows: [originalLine(record)] }),
  }),
}
