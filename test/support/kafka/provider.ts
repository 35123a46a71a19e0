import { KAFKA_VERSION, kafkaJars } from '../../../scripts/parts/kafka.js'
import { jarsPlace } from './jars.js'
import { type Place } from './place.js'

/** Opens the first place that can be had. Throws an Error that says why there is none. */
export async function openPlace(_clientPorts: readonly number[]): Promise<Place> {
  const jars = kafkaJars()
  if (jars) return jarsPlace(jars.java, jars.libs)
  throw new Error(`Kafka ${KAFKA_VERSION} is not here: npm run setup -- kafka installs it`)
}
