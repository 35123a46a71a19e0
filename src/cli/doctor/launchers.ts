import type { LauncherSettings } from '../../adapters/launchers/settings.js'
import { KubernetesApi } from '../../adapters/launchers/kubernetes/api.js'
import { versionOf } from '../../adapters/launchers/slurm/commands.js'
import { readSecret } from '../../adapters/launchers/webhook/signature.js'
import { type Config, datasetNames, datasetOf } from '../config.js'
import { fail, type Finding, ok, together } from './check.js'

/** The launchers of all datasets with a trainer. */
export const launchersOf = (config: Config): readonly string[] => [
  ...new Set(
    datasetNames(config)
      .map(name => datasetOf(config, name))
      .flatMap(({ trainer, launcher }) => (trainer === 'none' ? [] : [launcher])),
  ),
]

const looks: Readonly<Record<string, (settings: LauncherSettings) => Promise<Finding>>> = {
  slurm,
  kubernetes,
  webhook,
}

/** Checks that the launchers of the datasets work from this machine. */
export async function launchersUsable(config: Config): Promise<Finding> {
  const used = launchersOf(config)
  const findings = await Promise.all(used.flatMap(name => looks[name]?.(config.launchers) ?? []))
  return together(findings, used.length === 0 ? 'nothing is trained' : used.join(', '))
}

async function slurm(): Promise<Finding> {
  const todo = 'Install the Slurm commands on this machine, with the slurm.conf of the cluster.'
  try {
    for (const command of ['sbatch', 'squeue', 'sacct', 'scancel']) await versionOf(command)
    return ok('Slurm')
  } catch (thrown) {
    return fail(`slurm: ${(thrown as Error).message}`, todo)
  }
}

async function kubernetes({ kubernetes }: LauncherSettings): Promise<Finding> {
  try {
    await (await KubernetesApi.open(kubernetes)).reach()
    return ok(`kubernetes (${kubernetes.kind} in ${kubernetes.namespace})`)
  } catch (thrown) {
    const todo =
      'Correct the kubeconfig or launchers.kubernetes; the account must be allowed to create, get and delete jobs.'
    return fail((thrown as Error).message, todo)
  }
}

/** Checks that the webhook settings contain a target for jobs and a way to learn their results. */
export async function webhook({ webhook }: LauncherSettings): Promise<Finding> {
  const todo = 'Set it in launchers.webhook; see docs/launchers.md.'
  if (webhook.url === '') return fail('webhook: no url is set', todo)
  if (webhook.callback.url === '' && webhook.statusUrl === '') {
    return fail('webhook: neither callback.url nor statusUrl is set, so results of jobs would stay unknown', todo)
  }
  try {
    await readSecret(webhook)
    return ok('webhook')
  } catch (thrown) {
    return fail((thrown as Error).message, 'Set the variable, or name a file in launchers.webhook.secretFile.')
  }
}
