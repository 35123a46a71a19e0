/** What the command line says. */
export interface Settings {
  /** Parts to measure; null: all. */
  readonly only: readonly string[] | null
  /** Whether to print what each endpoint is given over time. */
  readonly verbose: boolean
  /** Whether to measure for longer where that is worth it. */
  readonly long: boolean
}

/** `--only a,b` or `--only=a,b`, `--verbose`, `--long`; the other arguments, without those that begin with `--`. */
export function readSettings(args: readonly string[]): { readonly settings: Settings; readonly names: string[] } {
  const names: string[] = []
  let only: readonly string[] | null = null
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!
    if (arg === '--only') only = (args[++at] ?? '').split(',')
    else if (arg.startsWith('--only=')) only = arg.slice('--only='.length).split(',')
    else if (!arg.startsWith('--')) names.push(arg)
  }
  return { settings: { only, verbose: args.includes('--verbose'), long: args.includes('--long') }, names }
}
