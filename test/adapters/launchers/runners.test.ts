import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openJobRunners } from '../../../src/adapters/launchers/runners.js'
import { LauncherSettings } from '../../../src/adapters/launchers/settings.js'
import { baseline } from '../../../src/trainers/baseline.js'
import { ownTrainer } from '../../../src/trainers/own.js'
import { trainers } from '../../../src/trainers/trainers.js'
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

describe('every launcher', () => {
  const own = ownTrainer({ ...baseline, name: 'own' })
  const asked = job({ job: 'j-own', trainer: 'own' })
  const settings = LauncherSettings.parse({
    slurm: {},
    kubernetes: { image: 'example/trainer', dataClaim: 'data' },
    webhook: { url: 'http://127.0.0.1:9', statusUrl: 'http://127.0.0.1:9' },
  })

  it.each(['render', 'exec', 'slurm', 'kubernetes', 'webhook'])(
    '%s writes the job of a trainer of a flow',
    async name => {
      const root = await temporaryFolder()
      const runners = openJobRunners(root, settings, [...trainers, own])
      const folder = join(root, await runners.runner(name).render({ ...asked, launcher: name }))
      expect(JSON.parse(await readFile(join(folder, 'job.json'), 'utf8'))).toMatchObject({ trainer: 'own' })
      await expect(openJobRunners(root, settings).runner(name).render(asked)).rejects.toThrow(
        'no trainer is called own',
      )
    },
  )
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
