const layer = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: { path: '^src/', pathNot: allowed.map(path => `^src/${path}`) },
})

/** The layers: domain ← stages ← runtime ← adapters ← cli. Each rule has its reason. */
export default {
  forbidden: [
    layer('domain-is-pure', 'domain', ['domain/'], 'what a record is must not depend on how it is moved'),
    layer('stages-see-only-the-domain', 'stages', ['domain/', 'stages/'], 'a stage runs with no log, file or clock'),
    {
      name: 'stages-do-not-see-each-other',
      comment: 'stages meet only through topics; what two share lives in domain',
      severity: 'error',
      from: { path: '^src/stages/(?!(?:stage|needs|topic|bind|test-stage)\\.ts$)([^/.]+)' },
      to: { path: '^src/stages/', pathNot: '^src/stages/((stage|needs|topic)\\.ts$|$1)' },
    },
    layer('runtime-sees-no-adapter', 'runtime', ['domain/', 'stages/', 'runtime/'], 'the runtime owns the interfaces'),
    layer('trainers-are-pure', 'trainers', ['domain/', 'trainers/'], 'a template is a function of the job'),
    layer(
      'baseline-is-pure',
      'baseline',
      ['domain/', 'baseline/'],
      'the model is arithmetic; files and HTTP are adapters',
    ),
    layer(
      'adapters-see-no-command',
      'adapters',
      ['domain/', 'stages/', 'runtime/', 'adapters/', 'baseline/', 'trainers/', 'topics.ts$'],
      'an adapter serves every composition',
    ),
    {
      name: 'io-stays-out-of-the-core',
      comment:
        'domain, stages, trainers and baseline touch no file, network or process; digests and packing are functions',
      severity: 'error',
      from: { path: '^src/(domain|stages|trainers|baseline)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|zlib)$' },
    },
    {
      name: 'nothing-imports-the-cli',
      comment: 'the command line is a composition, not a library',
      severity: 'error',
      from: { path: '^src/(?!cli/)' },
      to: { path: '^src/cli/' },
    },
    { name: 'no-circular', comment: 'a cycle has no layers', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', comment: 'a typo', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependency-in-src',
      comment: 'it would be missing where the package is installed',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
