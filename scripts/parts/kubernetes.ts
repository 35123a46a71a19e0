import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { install, installedFolder } from './cache.js'
import { commandPath, runCommand } from './commands.js'
import type { Part } from './part.js'
import { readPins, verify } from './pins.js'

const NAME = 'kubernetes-1.34.4'
const pins = readPins('kubernetes.sha256')
const sources = fileURLToPath(new URL('./kubernetes/', import.meta.url))

/** Versions of Kubeflow Trainer whose definition of a TrainJob is there. */
export const trainerVersions = ['v2.0.0', 'v2.1.0', 'v2.2.0', 'v2.3.0'] as const

const programs = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
} as const

/** The folders of the programs and of the definitions; null when they are absent. */
export function kubernetesPrograms(): { readonly bin: string; readonly definitions: string } | null {
  const folder = installedFolder(NAME, pins)
  return folder === null ? null : { bin: join(folder, 'bin'), definitions: join(folder, 'definitions') }
}

const Module = z.looseObject({ Dir: z.string() })

/**
 * The API server of Kubernetes with its store and its controllers, and Kubeflow's definitions of a TrainJob. Go 1.24 or
 * later builds them from their modules, which go.sum pins: about 10 minutes of one processor, 2 GB in Go's caches.
 */
export const kubernetes: Part = {
  name: 'kubernetes',
  installed: () => kubernetesPrograms() !== null,
  install: async () => {
    if (!commandPath('go')) throw new Error('go is not here: install Go 1.24 or later, which builds Kubernetes')
    await install(NAME, pins, async folder => {
      const [bin, definitions, work] = ['bin', 'definitions', 'work'].map(name => join(folder, name)) as [
        string,
        string,
        string,
      ]
      for (const made of [bin, definitions, work]) await mkdir(made)
      for (const version of trainerVersions) {
        const asked = ['mod', 'download', '-json', `github.com/kubeflow/trainer/v2@${version}`]
        const { Dir } = Module.parse(JSON.parse(await runCommand('go', asked, work)))
        const definition = join(Dir, 'manifests/base/crds/trainer.kubeflow.org_trainjobs.yaml')
        await copyFile(definition, join(definitions, `trainjobs-${version}.yaml`))
      }
      await verify(definitions, pins)
      for (const file of ['go.mod', 'go.sum', 'tools.go']) await copyFile(join(sources, file), join(work, file))
      for (const [name, source] of Object.entries(programs)) {
        const small = ['-trimpath', '-ldflags=-s -w', '-mod=readonly']
        await runCommand('go', ['build', ...small, '-o', join(work, name), source], work)
        await rename(join(work, name), join(bin, name))
      }
      await rm(work, { recursive: true })
    })
  },
}
