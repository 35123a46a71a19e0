import type { Split } from '../conversation.js'
import type { Snapshot } from '../job.js'
import type { Feature } from './features.js'

/** A file of a dataset as its description names it. */
export interface DescribedFile {
  readonly path: string
  readonly encodingFormat: string
  readonly bytes: number
  readonly sha256: string
}

/** Properties of a dataset that its records do not contain. */
export interface Published {
  /** When the snapshot was made, ISO 8601. */
  readonly at: string
  /** Licence of the records: a name or a URL; empty if none was given. */
  readonly license: string
}

/** Croissant's vocabulary, as in its specification 1.0. */
const context = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  equivalentProperty: 'cr:equivalentProperty',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  fileProperty: 'cr:fileProperty',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  parentField: 'cr:parentField',
  path: 'cr:path',
  rai: 'http://mlcommons.org/croissant/RAI/',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  samplingRate: 'cr:samplingRate',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
}

const dataTypes = { string: 'sc:Text', int64: 'sc:Integer', float64: 'sc:Float' } as const

interface Field {
  readonly [key: string]: unknown
}

/** The description of a column; `way` leads to a part of an object value. */
function fieldOf(id: string, file: string, column: string, way: readonly string[], feature: Feature): Field {
  const own = { '@type': 'cr:Field', '@id': `${id}/${feature.name}`, name: `${id}/${feature.name}` }
  const extract = {
    fileObject: { '@id': file },
    extract: { column },
    ...(way.length > 0 && { transform: { jsonPath: way.join('.') } }),
  }
  if ('dtype' in feature) return { ...own, dataType: dataTypes[feature.dtype], source: extract }
  if ('struct' in feature)
    return { ...own, subField: parts(`${id}/${feature.name}`, file, column, way, feature.struct) }
  if (typeof feature.list === 'string') {
    return { ...own, dataType: dataTypes[feature.list], repeated: true, source: extract }
  }
  return { ...own, repeated: true, subField: parts(`${id}/${feature.name}`, file, column, way, feature.list) }
}

const parts = (id: string, file: string, column: string, way: readonly string[], of: readonly Feature[]): Field[] =>
  of.map(part => fieldOf(id, file, column, [...way, part.name], part))

/** The description of a dataset in Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html). */
export function croissant(
  { dataset, digest, train, validation }: Snapshot,
  files: readonly DescribedFile[],
  records: readonly { readonly split: Split; readonly path: string; readonly features: readonly Feature[] }[],
  { at, license }: Published,
): string {
  const description = `SteerLM conversations of the dataset ${dataset}: ${train} to train on, ${validation} to validate with.`
  const document = {
    '@context': context,
    '@type': 'sc:Dataset',
    name: dataset,
    description,
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    citeAs: `${dataset}, snapshot ${digest}, made by steerflow`,
    license: license || 'not stated here: that of the sources of the records',
    version: `1.0.0+${digest.slice(0, 12)}`,
    datePublished: at,
    isLiveDataset: false,
    distribution: files.map(file => ({
      '@type': 'cr:FileObject',
      '@id': file.path,
      name: file.path,
      contentUrl: file.path,
      encodingFormat: file.encodingFormat,
      contentSize: `${file.bytes} B`,
      sha256: file.sha256,
    })),
    recordSet: records.map(({ split, path, features }) => ({
      '@type': 'cr:RecordSet',
      '@id': split,
      name: split,
      description: `The records of ${path}, one a line.`,
      field: features.map(feature => fieldOf(split, path, feature.name, [], feature)),
    })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
