/** An entry of `annotate.endpoints`: a bare URL declares no model. */
type Entry = string | { readonly model?: string | null | undefined }

/** The models that configured endpoints say they serve, each once. */
export const declaredModels = (endpoints: readonly Entry[]): readonly string[] => [
  ...new Set(endpoints.flatMap(entry => (typeof entry === 'string' ? [] : (entry.model ?? [])))),
]
