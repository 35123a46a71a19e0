import kafkajs, { type Producer, type ProducerConfig, type Transaction } from 'kafkajs'

/**
 * Lets the harness catch this process inside a transaction, without a hook in what is tested: kafkajs's transactions are
 * wrapped before the log is opened. An armed hold stops the next transaction that has records and its offset between
 * them and the commit, says so, and lets it go when it is told to.
 */
export class Hold {
  #armed: ((held: { readonly id: string; readonly records: number }) => void) | null = null
  #release: () => void = () => undefined

  install(): void {
    const kafka = kafkajs.Kafka.prototype
    const make: (this: typeof kafka, config?: ProducerConfig) => Producer = Reflect.get(kafka, 'producer')
    const wrap = this.#wrap.bind(this)
    kafka.producer = function (this: typeof kafka, config?: ProducerConfig): Producer {
      const producer = make.call(this, config)
      const id = config?.transactionalId
      if (id === undefined) return producer
      const begin = producer.transaction.bind(producer)
      return Object.assign(producer, { transaction: async () => wrap(id, await begin()) })
    }
  }

  /** @param held told when a transaction is held */
  arm(held: (held: { readonly id: string; readonly records: number }) => void): void {
    this.#armed = held
  }

  release(): void {
    this.#release()
  }

  #wrap(id: string, transaction: Transaction): Transaction {
    let records = 0
    let offsets = false
    const send = transaction.sendBatch.bind(transaction)
    const sendOffsets = transaction.sendOffsets.bind(transaction)
    const commit = transaction.commit.bind(transaction)
    return Object.assign(transaction, {
      sendBatch: async (batch: Parameters<typeof send>[0]) => {
        const answer = await send(batch)
        for (const { messages } of batch.topicMessages ?? []) records += messages.length
        return answer
      },
      sendOffsets: async (given: Parameters<typeof sendOffsets>[0]) => {
        await sendOffsets(given)
        offsets = true
      },
      commit: async () => {
        const armed = this.#armed
        if (armed && records > 0 && offsets) {
          this.#armed = null
          armed({ id, records })
          await new Promise<void>(resolve => (this.#release = resolve))
        }
        await commit()
      },
    })
  }
}
