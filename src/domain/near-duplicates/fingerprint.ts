import { sha256 } from '../digest.js'
import { normalised } from './words.js'

/** Identifies a text: sha256 in hex of its normalised form. Texts that differ only in case or layout share it. */
export const fingerprint = (text: string): string => sha256(normalised(text))
