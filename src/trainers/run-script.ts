import { shellWord } from './literals.js'
import type { Rendered } from './trainer.js'

/**
 * A shell script that runs the steps one after another and stops at the first failure. It passes its own arguments on to the
 * last step, and replaces itself by it.
 * @param folder where the steps run: a shell expression
 */
export function runScript(
  comment: string,
  { steps, env = {}, folder }: Pick<Rendered, 'steps' | 'env'> & { readonly folder?: string },
): string {
  const commands = steps.map(step => step.map(shellWord).join(' '))
  return [
    '#!/bin/sh',
    ...comment.split('\n').map(line => `# ${line}`),
    'set -eu',
    ...Object.entries(env).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    ...(folder === undefined ? [] : [`cd ${folder}`]),
    ...commands.slice(0, -1),
    `exec ${commands.at(-1)!} "$@"`,
    '',
  ].join('\n')
}
