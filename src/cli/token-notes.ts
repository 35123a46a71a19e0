import { spelled } from '../trainers/lint/words.js'
import { type Config, datasetNames, datasetOf, promptTokensOf } from './config.js'

/**
 * Warns of datasets whose trainer uses other prompt tokens than the pipeline. This is allowed, since the tutorial does it,
 * but token counts then differ near the length limit.
 */
export function tokenNotes(config: Config): readonly string[] {
  const ours = spelled(promptTokensOf(config))
  return datasetNames(config).flatMap(name => {
    const { trainer, settings } = datasetOf(config, name)
    const tokens = config.flow.trainers.find(one => one.name === trainer)?.promptTokens(settings)
    if (!tokens || spelled(tokens) === ours) return []
    return [
      `dataset ${name}: ${trainer} trains with the prompt tokens ${spelled(tokens)}, clean and annotate use ${ours}; ` +
        `set promptTokens, or model.data.chat_prompt_tokens.* in datasets.${name}.settings, to make them equal`,
    ]
  })
}
