import fc from 'fast-check'

/** Paths that lead out of a folder, or mean something else than a file below it. */
export const hostilePaths: readonly string[] = [
  '..',
  '../x',
  '../../EVIL/../EVIL',
  'a/../../x',
  'a/..',
  './x',
  '.',
  '',
  '/',
  '/etc/passwd',
  '//host/share',
  'a//b',
  'a/',
  'a\0b',
  '\0',
  'a\nb',
  'a\r',
  'a\\..\\..\\b',
  'C:\\x',
  '-rf',
  'a/-rf',
  '--checkpoint-action=exec=sh',
  'a\u202Eb',
  'a\u200Bb',
  'a\u2028b',
  'a\x1b[2Jb',
  '\uD800',
  'x'.repeat(256),
  'é'.repeat(128),
  'a/'.repeat(2100) + 'a',
]

const piece = fc.oneof(
  fc.constantFrom('..', '.', '', '-', '\0', '\\', '/', '\n', '%2e%2e', '~', '$(x)', 'a', 'ö', '\u202E'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)

/** Any path that somebody may think of. */
export const anyPath = fc
  .array(piece, { maxLength: 8 })
  .chain(parts => fc.constantFrom(parts.join('/'), parts.join('')))
