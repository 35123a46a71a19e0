/** What the thread of digests is told: the next bytes of a file, whose memory it gets, or that this was all (null). */
export interface DigestRequest {
  readonly file: number
  readonly bytes: Uint8Array<ArrayBuffer> | null
}

/** What it answers to each, in the same order: the memory again, or the digest of all the bytes. */
export type DigestReply = { readonly memory: ArrayBuffer } | { readonly sha256: string }
