import { existsSync, writeFileSync } from 'node:fs'
import { SteerflowError } from '../../domain/errors.js'
import type { Verb } from '../command.js'
import { commentedConfig } from '../commented-config.js'
import { type ConfigFlags, flowIn, flowOption } from '../options.js'

/** `init`: writes a configuration file with every key, its default and its meaning. */
export const init: Verb = (program, session) => {
  program
    .command('init')
    .description('Write a steerflow.yaml that documents every key, commented out.')
    .option('--force', 'overwrite an existing file')
    .addOption(flowOption())
    .action(async (flags: Pick<ConfigFlags, 'flow'> & { force?: true }) => {
      const file = 'steerflow.yaml'
      if (existsSync(file) && !flags.force) {
        throw new SteerflowError('STEERFLOW_USAGE', `${file} already exists; --force overwrites it`)
      }
      writeFileSync(file, commentedConfig(flowIn(flags)))
      await session.out(`wrote ${file}\n`)
    })
}
