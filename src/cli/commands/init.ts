import { existsSync, writeFileSync } from 'node:fs'
import { SteerflowError } from '../../domain/errors.js'
import { type Verb } from '../command.js'
import { commentedConfig } from '../commented-config.js'

/** `init`: a configuration file with every key, its default and what it means. */
export const init: Verb = (program, session) => {
  program
    .command('init')
    .description('Write a steerflow.yaml with every key commented.')
    .option('--force', 'overwrite an existing file')
    .action(({ force }: { force?: true }) => {
      const file = 'steerflow.yaml'
      if (existsSync(file) && !force) {
        throw new SteerflowError('STEERFLOW_USAGE', `${file} is already here; --force overwrites it`)
      }
      writeFileSync(file, commentedConfig())
      session.out(`wrote ${file}\n`)
    })
}
