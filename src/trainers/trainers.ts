import { SteerflowError } from '../domain/errors.js'
import { baseline } from './baseline.js'
import { nemoAligner, nemoAlignerValue } from './nemo-aligner.js'
import { type Trainer } from './trainer.js'
import { trl, trlValue } from './trl.js'

/** Every trainer. */
export const trainers: readonly Trainer[] = [baseline, nemoAligner, nemoAlignerValue, trl, trlValue]

/**
 * The trainer of that name.
 * @throws STEERFLOW_JOB_INVALID when there is none.
 */
export function trainerNamed(name: string): Trainer {
  const found = trainers.find(trainer => trainer.name === name)
  if (found) return found
  const known = trainers.map(trainer => trainer.name).join(', ')
  throw new SteerflowError('STEERFLOW_JOB_INVALID', `no trainer is called ${name}; known: ${known}`)
}
