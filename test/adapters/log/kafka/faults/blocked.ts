import kafkajs, { type Producer, type ProducerConfig } from 'kafkajs'
import { onTestFinished } from 'vitest'

/**
 * Holds back what transactions send, as a broker does that takes nothing in: a send waits for as long as outputs are
 * blocked. In force for the producers that are made until the test ends.
 */
export function blockableOutputs() {
  let unblock: (() => void) | null = null
  let open: Promise<void> = Promise.resolve()
  const waiting = { sends: 0 }
  const kafka = kafkajs.Kafka.prototype
  const make: (this: typeof kafka, config?: ProducerConfig) => Producer = Reflect.get(kafka, 'producer')
  onTestFinished(() => void (kafka.producer = make))
  kafka.producer = function (this: typeof kafka, config?: ProducerConfig): Producer {
    const producer = make.call(this, config)
    const begin = producer.transaction.bind(producer)
    const transaction = async () => {
      const begun = await begin()
      const send = begun.sendBatch.bind(begun)
      const sendBatch: typeof send = async batch => {
        waiting.sends++
        await open
        waiting.sends--
        return send(batch)
      }
      return Object.assign(begun, { sendBatch })
    }
    return Object.assign(producer, { transaction })
  }
  return {
    /** Sends that are held back now. */
    waiting,
    block: (): void => {
      open = new Promise(resolve => (unblock = resolve))
    },
    unblock: (): void => unblock?.(),
  }
}
