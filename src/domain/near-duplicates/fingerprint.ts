import { sha256 } from '../digest.js'
import { normalised } from './words.js'

/** A text's exact identity: sha256 in hex of its normalised form. Texts that differ in case or layout alone share it. */
export const fingerprint = (text: string): string => sha256(normalised(text))
