import { it } from 'vitest'
import { deployedFor, theLoop } from '../support/bootstrap-loop.js'
import { describeWith } from '../support/parts/describe-with.js'

const describe = await describeWith('llama')

describe('a bootstrap loop with a real llama.cpp server, on the embedded log', () => {
  it('goes through two rounds, the second from the model of the first, and stops where the gain is noise', async () => {
    await theLoop(await deployedFor({}))
  })
})
