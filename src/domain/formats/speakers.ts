/** A speaker of a conversation, or a tool: `Tool` gives a result, `Call` is an assistant's turn that is a call. */
export type Speaker = 'User' | 'Assistant' | 'System' | 'Tool' | 'Call'

const spelled: Readonly<Record<Speaker, readonly string[]>> = {
  User: ['user', 'human', 'prompter', 'humanmessage', 'question'],
  Assistant: [
    ...['assistant', 'gpt', 'chatgpt', 'model', 'ai', 'bot', 'chatbot', 'aimessage', 'aimessagechunk'],
    ...['bing', 'bard', 'claude', 'gemini', 'gpt-4', 'gpt4', 'gpt-3.5', 'answer'],
  ],
  System: ['system', 'developer', 'systemmessage'],
  Tool: [
    'tool',
    'function',
    'observation',
    'tool_response',
    'tool_result',
    'toolmessage',
    'functionmessage',
    'ipython',
  ],
  Call: ['function_call', 'function-call', 'tool_call', 'tool-call'],
}

const speakers: ReadonlyMap<string, Speaker> = new Map(
  Object.entries(spelled).flatMap(([speaker, names]) => names.map(name => [name, speaker as Speaker] as const)),
)

/** The speaker that a source calls by this name, whatever its case; undefined for an unknown one. */
export const speakerOf = (name: string): Speaker | undefined => speakers.get(name.trim().toLowerCase())

/**
 * Whether a turn's speaker is masked, so that the turn is not learnt: its name is a part of `mask`, as in the trainer's
 * loader (docs/reference/loss-masks.md#prompt-template). Without a mask, the usual names of a user are masked.
 */
export const isMasked = (from: string, mask: string | null | undefined): boolean =>
  mask === undefined || mask === null ? speakerOf(from) === 'User' : mask.includes(from)
