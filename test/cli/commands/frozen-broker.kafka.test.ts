import { expect, onTestFinished, test } from 'vitest'
import { runCli } from '../../support/cli.js'
import { startKafka } from '../../support/kafka/kafka.js'
import { temporaryFolder } from '../../support/temporary.js'

/** Far above what a look waits for, and far below what it took when it waited as long as a run. */
const bound = 20_000

test('while brokers hang, whoever only looks is told so within seconds', async () => {
  const kafka = await startKafka()
  onTestFinished(() => kafka.stop())
  const log = JSON.stringify({ kafka: { brokers: kafka.bootstrap, namespace: 'frozen' } })
  const flags = ['--data-dir', await temporaryFolder(), '--set', `log=${log}`]
  expect(await runCli(['topics', 'apply', ...flags])).toMatchObject({ code: 0 })
  await kafka.freeze(1)
  const looks = [['status'], ['tap', 'models'], ['doctor'], ['dead-letters', 'summary'], ['topics', 'plan']]
  const started = performance.now()
  const ended = await Promise.all(
    looks.map(async argv => {
      const { code, stdout, stderr } = await runCli([...argv, ...flags])
      return { argv, code, said: `${stdout}${stderr}`, took: performance.now() - started }
    }),
  )
  await kafka.continue(1)
  for (const { argv, code, said, took } of ended) {
    expect({ argv, code, said }).toMatchObject({
      code: 1,
      said: expect.stringContaining('STEERFLOW_KAFKA_UNREACHABLE') as string,
    })
    expect({ argv, took }).toMatchObject({ took: expect.toSatisfy((ms: number) => ms < bound) as number })
  }
})
