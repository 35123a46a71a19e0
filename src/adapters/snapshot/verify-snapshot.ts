import { z } from 'zod'
import { digest as contentOf } from '../../domain/digest.js'
import { explain } from '../../domain/errors.js'
import { PathBelow } from '../../domain/names.js'
import { below } from '../storage/below.js'
import { ByteFile } from './byte-file.js'
import { readManifest } from './read-snapshot.js'

/** Result of verifying a snapshot. */
export interface VerifiedSnapshot {
  readonly dataset: string
  readonly digest: string
  /** Number of bytes read. */
  readonly bytes: number
  /** Problems, each with its file; empty for an intact snapshot. */
  readonly problems: readonly string[]
}

const Files = z.looseObject({
  files: z
    .array(z.looseObject({ path: PathBelow, bytes: z.int().nonnegative(), sha256: z.string() }))
    .min(2)
    .max(100),
})

/**
 * Reads every file of records of a snapshot and compares it with the manifest, and the manifest with the digest in the
 * folder's name.
 */
export async function verifySnapshot(root: string, dataset: string, digest: string): Promise<VerifiedSnapshot> {
  const problems: string[] = []
  let bytes = 0
  try {
    const manifest = await readManifest(root, dataset, digest)
    const { files } = Files.parse(manifest)
    const named = (split: 'train' | 'validation') => files.find(({ path }) => path === `${split}.jsonl`)?.sha256
    const { train, validation } = manifest.splits
    if (contentOf(train.sha256, validation.sha256) !== digest)
      problems.push('manifest.json describes other records than the name of its folder')
    if (named('train') !== train.sha256 || named('validation') !== validation.sha256)
      problems.push('manifest.json contradicts itself')
    for (const { path, sha256 } of files) {
      const found = await ByteFile.facts(below(root, manifest.path, path)).catch(explain)
      if (typeof found === 'string') problems.push(`${path}: ${found}`)
      else {
        bytes += found.bytes
        if (found.sha256 !== sha256) problems.push(`${path} differs from its manifest`)
      }
    }
  } catch (error) {
    problems.push(explain(error))
  }
  return { dataset, digest, bytes, problems }
}
