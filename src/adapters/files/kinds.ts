/** What the first bytes of an input say about it. */
export type Kind =
  | { readonly kind: 'text' | 'gzip' | 'zstd' | 'parquet' }
  /** Something that holds no records that can be read here. */
  | { readonly kind: 'foreign'; readonly name: string; readonly next: string }

/** Enough bytes to tell every kind apart: a tar's first header. */
const headBytes = 512

interface Magic {
  readonly magic: Buffer
  readonly name: string
  readonly next: string
}

const expand = (command: string): string => `expand it first, with ${command}`
const convert = 'convert it to JSON lines, one record per line'
const archive = (command: string): string => `unpack it with ${command} and give the files in it`
const noRecords = 'give a file of records: JSON lines, a JSON array or Parquet'
const asUtf8 = (from: string): string => `convert it first, with iconv -f ${from} -t UTF-8`

/** Inputs that hold no readable records, by their first bytes; each of their "lines" would be a dead letter. */
const foreign: readonly Magic[] = (
  [
    ['xz', 'fd377a585a00', expand('xz -dc')],
    ['bzip2', '425a68', expand('bzip2 -dc')],
    ['lz4', '04224d18', expand('lz4 -dc')],
    ['lzip', '4c5a4950', expand('lzip -dc')],
    ['framed Snappy', 'ff060000734e61507059', 'expand it first'],
    ['compress', '1f9d', expand('uncompress -c')],
    ['a zip archive', '504b0304', archive('unzip')],
    ['an empty zip archive', '504b0506', noRecords],
    ['a part of a zip archive', '504b0708', archive('unzip')],
    ['a 7-Zip archive', '377abcaf271c', archive('7z x')],
    ['a RAR archive', '526172211a07', archive('unrar x')],
    ['encrypted Parquet', '50415245', 'decrypt it first'],
    ['an Arrow file', '4152524f5731', convert],
    ['an Arrow stream', 'ffffffff', convert],
    ['Avro', '4f626a01', convert],
    ['ORC', '4f5243', convert],
    ['an SQLite database', '53514c69746520666f726d6174203300', convert],
    ['HDF5', '894844460d0a1a0a', convert],
    ['a NumPy array', '934e554d5059', convert],
    ['a GGUF model', '47475546', noRecords],
    ['PDF', '255044462d', noRecords],
    ['UTF-32', 'fffe0000', asUtf8('UTF-32')],
    ['UTF-32', '0000feff', asUtf8('UTF-32')],
    ['UTF-16', 'fffe', asUtf8('UTF-16')],
    ['UTF-16', 'feff', asUtf8('UTF-16')],
  ] as const
).map(([name, magic, next]) => ({ name, magic: Buffer.from(magic, 'hex'), next }))

const startsWith = (start: Buffer, magic: Buffer): boolean => start.subarray(0, magic.length).equals(magic)

const zstdMagic = Buffer.from('28b52ffd', 'hex')
const parquetMagic = Buffer.from('PAR1')

/** True if these first bytes are gzip's. */
export const isGzip = (start: Buffer): boolean => start.length >= 2 && start[0] === 0x1f && start[1] === 0x8b

/** True if these first bytes begin a frame of zstd, or one that its readers skip. */
export const isZstd = (start: Buffer): boolean =>
  startsWith(start, zstdMagic) || (start.length >= 4 && (start.readUInt32LE(0) & 0xfffffff0) >>> 0 === 0x184d2a50)

/** Whether these first bytes suffice to tell the kind of an input, which may send no more for a while. */
export function isEnough(head: Buffer): boolean {
  if (head.length >= headBytes) return true
  if (head.length < 8) return false
  if (head.subarray(0, 8).includes(0)) return false
  const text = firstVisible(head)
  return text === OBJECT || text === ARRAY || head.includes(LF) || isGzip(head) || isZstd(head)
}

/** The kind of an input with these first bytes: 512 of them, or all if `isEnough`. */
export function kindOf(head: Buffer): Kind {
  if (isGzip(head)) return { kind: 'gzip' }
  if (isZstd(head)) return { kind: 'zstd' }
  if (startsWith(head, parquetMagic)) return { kind: 'parquet' }
  const named = foreign.find(({ magic }) => startsWith(head, magic))
  if (named && !(named.name === 'bzip2' && !isDigit(head[3]))) return { kind: 'foreign', ...named }
  const wide = utf16Of(head)
  if (wide) return { kind: 'foreign', name: `${wide} without a byte order mark`, next: asUtf8(wide) }
  if (isSafetensors(head)) return { kind: 'foreign', name: 'a safetensors model', next: noRecords }
  if (isTar(head)) return { kind: 'foreign', name: 'a tar archive', next: archive('tar -xf') }
  const first = firstVisible(head)
  if (first === OBJECT || first === ARRAY) return { kind: 'text' }
  if (head.includes('version https://git-lfs') || head.includes('/annex/objects/')) {
    const next = 'fetch the file itself, with git lfs pull (or git annex get)'
    if (firstLine(head).startsWith('version https://git-lfs'))
      return { kind: 'foreign', name: 'a Git LFS pointer', next }
    if (firstLine(head).startsWith('/annex/objects/')) return { kind: 'foreign', name: 'a git-annex pointer', next }
  }
  if (/^[\ufeff\s]*<[!?a-z]/i.test(head.toString('utf8')))
    return {
      kind: 'foreign',
      name: 'an HTML or XML page',
      next: `look at its text, which may be an error of a server; ${noRecords}`,
    }
  if (isBinary(head)) return { kind: 'foreign', name: 'binary data', next: noRecords }
  return { kind: 'text' }
}

const LF = 10
const OBJECT = 0x7b
const ARRAY = 0x5b

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x31 && byte <= 0x39

/** The first byte behind a byte order mark and white space. */
function firstVisible(head: Buffer): number | undefined {
  let at = head.subarray(0, 3).equals(byteOrderMark) ? 3 : 0
  while (head[at] === 32 || head[at] === LF || head[at] === 13 || head[at] === 9) at++
  return head[at]
}

/** The byte order mark of UTF-8, which many editors write at the start of a file. */
export const byteOrderMark = Buffer.from('efbbbf', 'hex')

const firstLine = (head: Buffer): string => head.toString('latin1').split('\n', 1)[0]!

/** The byte order of UTF-16 whose first two characters are ASCII. */
function utf16Of(head: Buffer): 'UTF-16LE' | 'UTF-16BE' | null {
  if (head.length < 4) return null
  const [a, b, c, d] = head as unknown as readonly [number, number, number, number]
  if (b === 0 && d === 0 && isAscii(a) && isAscii(c)) return 'UTF-16LE'
  return a === 0 && c === 0 && isAscii(b) && isAscii(d) ? 'UTF-16BE' : null
}

const isAscii = (byte: number): boolean => byte === 9 || byte === LF || byte === 13 || (byte >= 32 && byte < 127)

/** True if these first bytes are those of safetensors: the length of a JSON header in eight bytes, and the header. */
export const isSafetensors = (head: Buffer): boolean =>
  head.length > 8 && head.readUInt32LE(4) === 0 && head.readUInt32LE(0) > 1 && head[8] === OBJECT

/** A tar's header has a sum of its bytes, in which its own place counts as blanks. */
function isTar(head: Buffer): boolean {
  if (head.length < headBytes || head[0] === 0) return false
  const told = /^[ 0]*([0-7]{1,8})[ \0]/.exec(head.toString('latin1', 148, 156))?.[1]
  if (told === undefined) return false
  let sum = 8 * 32
  for (let at = 0; at < headBytes; at++) if (at < 148 || at >= 156) sum += head[at]!
  return sum === Number.parseInt(told, 8)
}

/** Bytes that no text has, in more than one place in ten; a zero byte is enough. */
function isBinary(head: Buffer): boolean {
  if (head.includes(0)) return true
  const text = head.subarray(0, headBytes).toString('utf8')
  let odd = 0
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (code === 0xfffd || (code < 32 && code !== 9 && code !== LF && code !== 12 && code !== 13 && code !== 27)) odd++
  }
  return odd * 10 > text.length
}
