/** Messages without those of loads, which only a slow machine prints. */
export const withoutLoads = (messages: string): string => messages.replace(/^(loading|loaded) the tokenizer .*\n/gm, '')
