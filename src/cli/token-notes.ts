import { spelled } from '../trainers/lint/words.js'
import { type Config, datasetNames, datasetOf, promptTokensOf } from './config.js'

/**
 * One sentence for each dataset whose trainer would separate turns by other tokens than the pipeline counts and asks with:
 * allowed, since the tutorial does it, but a length that is near the limit then means two things.
 */
export function tokenNotes(config: Config): readonly string[] {
  const ours = spelled(promptTokensOf(config))
  return datasetNames(config).flatMap(name => {
    const { trainer, settings } = datasetOf(config, name)
    const tokens = config.flow.trainers.find(one => one.name === trainer)?.promptTokens(settings)
    if (!tokens || spelled(tokens) === ours) return []
    return [
      `dataset ${name}: ${trainer} trains with the prompt tokens ${spelled(tokens)}, clean and annotate use ${ours}; ` +
        `set promptTokens, or model.data.chat_prompt_tokens.* in datasets.${name}.settings, to have them alike`,
    ]
  })
}
