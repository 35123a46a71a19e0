import type { BatchV1Api, CoreV1Api, CustomObjectsApi, V1ConfigMap, V1Job, V1Pod } from '@kubernetes/client-node'
import { z } from 'zod'
import { SteerflowError } from '../../../domain/errors.js'
import { parseOrUndefined } from '../../../domain/json/json.js'
import { type Bounds, within } from '../../foreign-answer.js'
import { optionalPackage } from '../../optional-package.js'
import { Secrets } from '../../secrets.js'
import { boundedHttp } from './bounded-http.js'
import type { TrainJob } from './manifest.js'
import type { KubernetesSettings } from './settings.js'

/** Limits of a call; a list of pods contains their whole specifications. */
const usual: Bounds = { ms: 30_000, bytes: 32 << 20 }

/** The fields that Job and TrainJob have in common. */
export const ClusterJob = z.object({
  metadata: z.object({
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.unknown().optional(),
  }),
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            message: z.string().optional(),
          }),
        )
        .default([]),
    })
    .default({ conditions: [] }),
})
export type ClusterJob = z.output<typeof ClusterJob>

const train = { group: 'trainer.kubeflow.org', version: 'v1alpha1', plural: 'trainjobs' }
const Status = z.object({ code: z.int(), body: z.unknown() })
const Body = z.object({ message: z.string() })

/** The server's answer to a call: its status and message; null if there was none. */
function answerOf(error: unknown): { readonly code: number; readonly said: string } | null {
  const status = Status.safeParse(error)
  if (!status.success) return null
  const { code, body } = status.data
  // An answer that is not JSON does not come from the API server, but for example from a proxy.
  const told = Body.safeParse(typeof body === 'string' ? parseOrUndefined(body) : body)
  return { code, said: told.success ? told.data.message : `status ${code}` }
}

/** The launcher's calls, for one namespace. Each may throw STEERFLOW_LAUNCHER_UNAVAILABLE. */
export class KubernetesApi {
  private constructor(
    private readonly namespace: string,
    private readonly kind: KubernetesSettings['kind'],
    private readonly apis: { readonly batch: BatchV1Api; readonly core: CoreV1Api; readonly custom: CustomObjectsApi },
    /** Credentials of the calls; a token becomes known when it is first sent. */
    private readonly secrets: Secrets,
    private readonly ms: number,
  ) {}

  /**
   * The cluster of the kubeconfig, or of the pod that this process runs in.
   * @throws STEERFLOW_PACKAGE_MISSING if the client is not installed, STEERFLOW_CONFIG_INVALID if the context does not exist
   */
  static async open({ namespace, kind, context }: KubernetesSettings, bounds: Bounds = usual): Promise<KubernetesApi> {
    const client = await optionalPackage(
      '@kubernetes/client-node',
      'launchers.kubernetes',
      () => import('@kubernetes/client-node'),
    )
    const config = new client.KubeConfig()
    config.loadFromDefault()
    if (context !== '') {
      if (config.getContextObject(context) === null) {
        throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `launchers.kubernetes: there is no context ${context}`)
      }
      config.setCurrentContext(context)
    }
    const secrets = new Secrets()
    const authorize = config.applySecurityAuthentication.bind(config)
    config.applySecurityAuthentication = async request => {
      await authorize(request)
      const { Authorization = '', authorization = Authorization } = request.getHeaders()
      secrets.addHeader(authorization)
    }
    const server = config.getCurrentCluster()?.server
    if (server === undefined) {
      throw new SteerflowError('STEERFLOW_CONFIG_INVALID', 'launchers.kubernetes: the kubeconfig names no cluster')
    }
    const configuration = client.createConfiguration({
      baseServer: new client.ServerConfiguration(server, {}),
      authMethods: { default: config },
      httpApi: client.wrapHttpLibrary(boundedHttp(bounds, client.ResponseContext)),
    })
    const apis = {
      batch: new client.BatchV1Api(configuration),
      core: new client.CoreV1Api(configuration),
      custom: new client.CustomObjectsApi(configuration),
    }
    return new KubernetesApi(namespace, kind, apis, secrets, bounds.ms)
  }

  /** Creates the object of an attempt; null if its name is taken. @throws STEERFLOW_JOB_INVALID if it is rejected */
  create(body: V1Job | TrainJob): Promise<ClusterJob | null> {
    const { namespace } = this
    const { batch, custom } = this.apis
    return this.#call(async () => {
      const made =
        body.kind === 'TrainJob'
          ? ((await custom.createNamespacedCustomObject({ namespace, body, ...train })) as unknown)
          : await batch.createNamespacedJob({ namespace, body: body as V1Job, fieldValidation: 'Strict' })
      return ClusterJob.parse(made)
    }, [409])
  }

  /** The object with this name; null if there is none. */
  read(name: string): Promise<ClusterJob | null> {
    const { namespace } = this
    const { batch, custom } = this.apis
    return this.#call(async () => {
      const found =
        this.kind === 'TrainJob'
          ? ((await custom.getNamespacedCustomObject({ namespace, name, ...train })) as unknown)
          : await batch.readNamespacedJob({ namespace, name })
      return ClusterJob.parse(found)
    }, [404])
  }

  /** Deletes an attempt and its pods; null if there is none with this name. */
  delete(name: string): Promise<unknown> {
    const { namespace } = this
    const { batch, custom } = this.apis
    const propagationPolicy = 'Background'
    return this.#call<unknown>(
      () =>
        this.kind === 'TrainJob'
          ? custom.deleteNamespacedCustomObject({ namespace, name, propagationPolicy, ...train })
          : batch.deleteNamespacedJob({ namespace, name, propagationPolicy }),
      [404],
    )
  }

  /** Creates the files of an attempt; null if they exist. */
  createFiles(body: V1ConfigMap): Promise<V1ConfigMap | null> {
    return this.#call(() => this.apis.core.createNamespacedConfigMap({ namespace: this.namespace, body }), [409])
  }

  /** Makes the Job own its files, so that they are deleted together. */
  async own(name: string, uid: string): Promise<void> {
    const { namespace } = this
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }]
    await this.#call(async () => {
      const found = await this.apis.core.readNamespacedConfigMap({ namespace, name })
      const body = { ...found, metadata: { ...found.metadata, ownerReferences } }
      return this.apis.core.replaceNamespacedConfigMap({ namespace, name, body })
    }, [404, 409])
  }

  /** The pods of an attempt; empty if listing them is forbidden. */
  async pods(name: string): Promise<readonly V1Pod[]> {
    const of = this.kind === 'TrainJob' ? 'jobset.sigs.k8s.io/jobset-name' : 'batch.kubernetes.io/job-name'
    const asked = { namespace: this.namespace, labelSelector: `${of}=${name}` }
    return (await this.#call(() => this.apis.core.listNamespacedPod(asked), [403]))?.items ?? []
  }

  /** Checks that jobs of the namespace can be listed. */
  async reach(): Promise<void> {
    await this.#call<unknown>(
      () =>
        this.kind === 'TrainJob'
          ? this.apis.custom.listNamespacedCustomObject({ namespace: this.namespace, limit: 1, ...train })
          : this.apis.batch.listNamespacedJob({ namespace: this.namespace, limit: 1 }),
      [],
    )
  }

  async #call<T>(call: () => Promise<T>, expected: readonly number[]): Promise<T | null> {
    try {
      // Credentials are also removed from objects, whose texts are stored and shown. The time limit is in addition to that
      // of each answer, since the client may run a program to get credentials.
      return this.secrets.cutAll(await within(this.ms, call))
    } catch (cause) {
      const answer = answerOf(cause)
      if (answer !== null && expected.includes(answer.code)) return null
      const said = `kubernetes: ${this.secrets.cut(answer?.said ?? (cause as Error).message)}`
      // 3xx: a proxy, not the API server; 401: a token that its issuer renews; 429 and 5xx: temporary. The rest is
      // permanent.
      const isPassing =
        answer === null || answer.code < 400 || answer.code === 401 || answer.code === 429 || answer.code >= 500
      throw new SteerflowError(isPassing ? 'STEERFLOW_LAUNCHER_UNAVAILABLE' : 'STEERFLOW_JOB_INVALID', said, {
        cause: this.secrets.plain(cause),
      })
    }
  }
}
