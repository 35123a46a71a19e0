import { describe, expect, it } from 'vitest'
import { ActiveModel } from '../../../src/adapters/models/active-model.js'
import { promoteModel, rollbackModel } from '../../../src/adapters/models/decide.js'
import { encode } from '../../../src/stages/node.js'
import { models } from '../../../src/topics.js'
import { testLog } from '../../support/pipelines.js'
import { attributeSetName, registered } from '../../support/training.js'

const none = { models: [], attributeSet: attributeSetName }
const declared = { models: ['org/A', 'org/B'], attributeSet: 'helpsteer-5@1' }

async function registry() {
  const log = await testLog([models.name])
  return { log, active: new ActiveModel(log, models, 'value') }
}

describe('a person', () => {
  it('promotes what an endpoint declares; it is registered on the way', async () => {
    const { log, active } = await registry()
    expect(await active.now()).toBeNull()
    await promoteModel(log, models, 'org/A', declared)
    expect(await active.now()).toMatchObject({
      model: 'org/A',
      digest: 'org/A',
      kind: 'external',
      role: 'value',
      attribute_set: 'helpsteer-5@1',
      state: 'active',
      reason: 'person: promoted',
    })
    expect((await promoteModel(log, models, 'org/A', none)).changed).toBe(false)
    const { before } = await promoteModel(log, models, 'org/B', declared)
    expect(before?.model).toBe('org/A')
    // Registered by now, so that nobody needs to declare it any more.
    await rollbackModel(log, models, 'value')
    expect((await active.now())?.model).toBe('org/A')
    expect((await active.named('org/B'))?.state).toBe('retired')
    expect((await promoteModel(log, models, 'org/B', none)).active.model).toBe('org/B')
  })

  it('says anew which set the servers of others give, and only of those', async () => {
    const { log, active } = await registry()
    await promoteModel(log, models, 'org/A', declared)
    const other = { ...declared, attributeSet: 'oasst-12@1' }
    expect((await promoteModel(log, models, 'org/A', other)).changed).toBe(false)
    expect((await promoteModel(log, models, 'org/A', { ...other, asked: true })).changed).toBe(true)
    expect(await active.now()).toMatchObject({ model: 'org/A', attribute_set: 'oasst-12@1' })
    expect((await promoteModel(log, models, 'org/A', { ...other, asked: true })).changed).toBe(false)
    await expect(rollbackModel(log, models, 'value')).rejects.toThrow('no model was active before org/A')
    await log.publish([encode(models, registered('a'))])
    const trained = await promoteModel(log, models, registered('a').model, { ...other, asked: true })
    expect(trained.active.attribute_set).toBe(attributeSetName)
  })

  it('is told what there is when a name is wrong', async () => {
    const { log } = await registry()
    await log.publish([encode(models, registered('a'))])
    await expect(promoteModel(log, models, 'org/C', declared)).rejects.toThrow(
      'no model is called org/C, in the registry or at endpoints; known: value-model-aaaaaaaaaaaa, org/A, org/B',
    )
    await expect(rollbackModel(log, models, 'value')).rejects.toThrow('no model is active: there is nothing to go back')
  })
})
