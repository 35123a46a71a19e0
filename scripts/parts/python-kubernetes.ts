import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { commandPath, ensureCommand, runCommand } from './commands.js'
import { type Part } from './part.js'
import { readPins } from './pins.js'

const NAME = 'python-kubernetes-1.37.0'
const pins = readPins('python-kubernetes.sha256')

/** Kubeflow's own client, of each version of Trainer whose TrainJobs we write: its models are made from the definitions. */
export const kubeflowVersions = ['2.0.0', '2.1.0', '2.2.1', '2.3.0'] as const

/** What validates, and what it imports. */
const PACKAGES = [
  { name: 'kubernetes-validate', version: '1.37.0' },
  { name: 'jsonschema', version: '4.26.0' },
  { name: 'jsonschema-specifications', version: '2025.9.1' },
  { name: 'referencing', version: '0.37.0' },
  { name: 'rpds-py', version: '0.27.1' },
  { name: 'attrs', version: '26.1.0' },
  { name: 'packaging', version: '26.4' },
  { name: 'importlib-resources', version: '7.1.0' },
  { name: 'pyyaml', version: '6.0.3' },
  { name: 'pydantic', version: '2.11.10' },
  { name: 'pydantic-core', version: '2.33.2' },
  { name: 'annotated-types', version: '0.8.0' },
  { name: 'typing-extensions', version: '4.16.0' },
  { name: 'typing-inspection', version: '0.4.5' },
  { name: 'python-dateutil', version: '4.0.0' },
  { name: 'six', version: '1.17.0' },
  { name: 'urllib3', version: '2.8.0' },
] as const

/** A Python, the folder of packages for it, and below that a folder for each version of Kubeflow; null when one is absent. */
export function pythonWithKubernetes(): { readonly python: string; readonly packages: string } | null {
  const packages = installedFolder(NAME, pins)
  const python = commandPath('python3')
  return packages && python ? { python, packages } : null
}

/** Where a version of Kubeflow's client lies. */
export const kubeflowFolder = (packages: string, version: string): string => join(packages, `kubeflow-${version}`)

/** The schemas of Kubernetes and of Kubeflow's TrainJob, for Python 3.10 to 3.13; 30 MB are downloaded. */
export const pythonKubernetes: Part = {
  name: 'python-kubernetes',
  installed: () => pythonWithKubernetes() !== null,
  install: async () => {
    await ensureCommand('python3', 'python3')
    await install(NAME, pins, async folder => {
      const requirements = join(folder, 'requirements.txt')
      const exactly = ['-m', 'pip', 'install', '-q', '--no-deps', '--require-hashes', '--only-binary', ':all:']
      const into = async (target: string, lines: readonly string[]): Promise<void> => {
        await writeFile(requirements, lines.join(''))
        await runCommand('python3', [...exactly, '--target', target, '-r', requirements])
      }
      await into(folder, PACKAGES.map(requirement))
      for (const version of kubeflowVersions) {
        await into(kubeflowFolder(folder, version), [requirement({ name: 'kubeflow-trainer-api', version })])
      }
      await rm(requirements)
    })
  },
}

/** A line of pip's requirements: this version, as any of the pinned files. */
function requirement({ name, version }: { readonly name: string; readonly version: string }): string {
  const begin = `${name.replaceAll('-', '[-_]')}-${version}[-.]`
  const digests = [...pins].flatMap(([file, digest]) => (new RegExp(`^${begin}`, 'i').test(file) ? [digest] : []))
  return `${name}==${version} ${digests.map(digest => `--hash=sha256:${digest}`).join(' ')}\n`
}
