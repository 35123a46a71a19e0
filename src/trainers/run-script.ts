import { shellWord } from './literals.js'

/** A shell script that replaces itself by a command, from a folder if one is given (a shell expression). */
export const runScript = (comment: string, command: readonly string[], folder?: string): string =>
  [
    '#!/bin/sh',
    ...comment.split('\n').map(line => `# ${line}`),
    'set -eu',
    ...(folder === undefined ? [] : [`cd ${folder}`]),
    `exec ${command.map(shellWord).join(' ')} "$@"`,
    '',
  ].join('\n')
