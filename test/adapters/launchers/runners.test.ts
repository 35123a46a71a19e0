import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openJobRunners } from '../../../src/adapters/launchers/runners.js'
import { LauncherSettings } from '../../../src/adapters/launchers/settings.js'
import { job } from '../../support/training.js'
import { temporaryFolder } from '../../support/temporary.js'

const launchers = LauncherSettings.parse({})
const nemo = job({ job: 'j-nemo-aligner', trainer: 'nemo-aligner', launcher: 'render' })

describe('the launcher render', () => {
  it('writes the files of the trainer and what was asked, as often as it is asked', async () => {
    const root = await temporaryFolder()
    const runner = openJobRunners(root, launchers).runner('render')
    expect(runner.rendersOnly).toBe(true)
    expect(await runner.render(nemo)).toBe('jobs/j-nemo-aligner')
    expect(await runner.render(nemo)).toBe('jobs/j-nemo-aligner')
    const folder = join(root, 'jobs/j-nemo-aligner')
    expect((await readdir(folder)).sort()).toEqual(['job.json', 'run.sh', 'steerlm_model.yaml'])
    const { snapshot, decision, settings } = nemo
    expect(JSON.parse(await readFile(join(folder, 'job.json'), 'utf8'))).toMatchObject({ snapshot, decision, settings })
    const config = await readFile(join(folder, 'steerlm_model.yaml'), 'utf8')
    expect(config).toContain(`file_path: "${root}/${snapshot.path}/train.jsonl"`)
  })
})

describe('the launcher exec', () => {
  it('refuses a trainer whose end it could not follow', async () => {
    const runner = openJobRunners(await temporaryFolder(), launchers).runner('exec')
    await expect(runner.render(nemo)).rejects.toMatchObject({ code: 'STEERFLOW_JOB_INVALID' })
  })
})

describe('openJobRunners', () => {
  it('refuses a launcher that there is not', () => {
    for (const name of ['ray', 'toString']) {
      expect(() => openJobRunners('/nowhere', launchers).runner(name)).toThrow(
        'known: render, exec, slurm, kubernetes, webhook',
      )
    }
  })
})
