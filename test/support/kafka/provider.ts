import { KAFKA_VERSION, kafkaJars } from '../../../scripts/parts/kafka.js'
import { whyNoDocker } from '../parts/docker.js'
import { openFirst, type Way, whyNone } from '../parts/ways.js'
import { dockerPlace } from './docker.js'
import { jarsPlace } from './jars.js'
import type { Place } from './place.js'

const ways = (clientPorts: readonly number[]): readonly Way<Place>[] => [
  { whyNot: whyNoDocker, open: () => dockerPlace(clientPorts) },
  {
    whyNot: async () =>
      kafkaJars() ? null : `Kafka ${KAFKA_VERSION} is not installed (npm run setup -- kafka installs it)`,
    open: async () => {
      const { java, libs } = kafkaJars()!
      return jarsPlace(java, libs)
    },
  },
]

/** Why brokers of our own cannot be had, or null when they can. */
export const whyNoKafka = (): Promise<string | null> => whyNone(ways([]))

/** Opens the first place that works for brokers. Throws an Error that says why there is none. */
export const openPlace = (clientPorts: readonly number[]): Promise<Place> => openFirst(ways(clientPorts))
