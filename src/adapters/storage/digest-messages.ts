/** Request to the digest thread: the next bytes of a file, whose memory is transferred, or null at the end. */
export interface DigestRequest {
  readonly file: number
  readonly bytes: Uint8Array<ArrayBuffer> | null
}

/** Reply to each request, in the same order: the memory again, or the digest of all bytes. */
export type DigestReply = { readonly memory: ArrayBuffer } | { readonly sha256: string }
