import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { commandPath, ensureCommand } from './commands.js'
import type { Part } from './part.js'
import { readPins } from './pins.js'
import { pipInstall } from './pip.js'

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
      await pipInstall(folder, PACKAGES, pins)
      for (const version of kubeflowVersions) {
        const target = kubeflowFolder(folder, version)
        await mkdir(target)
        await pipInstall(target, [{ name: 'kubeflow-trainer-api', version }], pins)
      }
    })
  },
}
