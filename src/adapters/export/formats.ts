import { type ExportFormat } from '../../domain/export/export-format.js'
import { messages } from '../../domain/export/messages.js'
import { regression } from '../../domain/export/regression.js'
import { sharegpt } from '../../domain/export/sharegpt.js'
import { steerlm } from '../../domain/export/steerlm.js'
import { tokens } from './tokens.js'

/** Every format of `datasets export`. */
export const exportFormats: readonly ExportFormat[] = [steerlm, regression, messages, sharegpt, tokens]
