// Checks the layers of src, and that the check itself can fail: with an unsupported TypeScript it passes silently.
import { cruise } from 'dependency-cruiser'
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const options = await extractOptions('./.dependency-cruiser.mjs')
const tsConfig = extractTsConfig('./tsconfig.json')
const check = async baseDir =>
  (await cruise(['src'], { ...options, ...(baseDir && { baseDir }), validate: true }, undefined, { tsConfig })).output
    .summary

const knownBad = await check('test/fixtures/layers')
if (!knownBad.violations.some(({ rule }) => rule.name === 'domain-is-pure')) {
  console.error('the layer check does not see a violation that is there')
  process.exit(1)
}
const { violations, totalCruised, totalDependenciesCruised } = await check()
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} → ${to}`)
console.log(`${totalCruised} modules, ${totalDependenciesCruised} dependencies, ${violations.length} violations`)
process.exit(violations.length > 0 || totalDependenciesCruised === 0 ? 1 : 0)
