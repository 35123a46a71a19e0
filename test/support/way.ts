import { pipeline } from '../../src/pipeline.js'
import { upstream } from '../../src/runtime/reach.js'
import type { Node } from '../../src/stages/node.js'

/** The nodes of the pipeline through which records pass on their way from the sources to a topic, in their order. */
export const wayTo = ({ name }: { readonly name: string }): readonly Node[] => upstream(pipeline, name)

/** Their names, as `--nodes` takes them. */
export const namesTo = (topic: { readonly name: string }): string =>
  wayTo(topic)
    .map(({ name }) => name)
    .join()
