import { SteerflowError } from '../domain/errors.js'
import { baseline } from './baseline.js'
import { nemoAligner, nemoAlignerValue } from './nemo-aligner.js'
import type { Trainer } from './trainer.js'
import { trl, trlValue } from './trl.js'

/** The built-in trainers. */
export const trainers: readonly Trainer[] = [baseline, nemoAligner, nemoAlignerValue, trl, trlValue]

/**
 * The trainer with that name.
 * @param all the known trainers
 * @throws STEERFLOW_JOB_INVALID when none has that name.
 */
export function trainerNamed(name: string, all: readonly Trainer[] = trainers): Trainer {
  const found = all.find(trainer => trainer.name === name)
  if (found) return found
  const known = all.map(trainer => trainer.name).join(', ')
  throw new SteerflowError('STEERFLOW_JOB_INVALID', `no trainer is called ${name}; known: ${known}`)
}
