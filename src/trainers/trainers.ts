import { SteerflowError } from '../domain/errors.js'
import { baseline } from './baseline.js'
import { nemoAligner, nemoAlignerValue } from './nemo-aligner.js'
import type { Trainer } from './trainer.js'
import { trl, trlValue } from './trl.js'

/** The trainers that are built in. */
export const trainers: readonly Trainer[] = [baseline, nemoAligner, nemoAlignerValue, trl, trlValue]

/**
 * The trainer of that name.
 * @param all the trainers that there are
 * @throws STEERFLOW_JOB_INVALID when there is none.
 */
export function trainerNamed(name: string, all: readonly Trainer[] = trainers): Trainer {
  const found = all.find(trainer => trainer.name === name)
  if (found) return found
  const known = all.map(trainer => trainer.name).join(', ')
  throw new SteerflowError('STEERFLOW_JOB_INVALID', `no trainer is called ${name}; known: ${known}`)
}
