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

/** Of a call: a list of pods holds their whole specifications. */
const usual: Bounds = { ms: 30_000, bytes: 32 << 20 }

/** What an object of an attempt tells of itself; Job and TrainJob have these in common. */
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

/** The answer of the server to a call: its code and what it says. Null when there was none. */
function answerOf(error: unknown): { readonly code: number; readonly said: string } | null {
  const status = Status.safeParse(error)
  if (!status.success) return null
  const { code, body } = status.data
  // What is no JSON is not what the API server says: a proxy, for one.
  const told = Body.safeParse(typeof body === 'string' ? parseOrUndefined(body) : body)
  return { code, said: told.success ? told.data.message : `status ${code}` }
}

/** The calls that a launcher makes, for one namespace. Each may throw STEERFLOW_LAUNCHER_UNAVAILABLE. */
export class KubernetesApi {
  private constructor(
    private readonly namespace: string,
    private readonly kind: KubernetesSettings['kind'],
    private readonly apis: { readonly batch: BatchV1Api; readonly core: CoreV1Api; readonly custom: CustomObjectsApi },
    /** What authorises the calls; a token is known when it is first sent. */
    private readonly secrets: Secrets,
    private readonly ms: number,
  ) {}

  /**
   * The cluster of the kubeconfig or of the pod in which this runs.
   * @throws STEERFLOW_PACKAGE_MISSING when the client is not installed, STEERFLOW_CONFIG_INVALID without such a context.
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

  /** Creates the object of an attempt; null when its name is taken. @throws STEERFLOW_JOB_INVALID when it is refused. */
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

  /** The object of that name; null when there is none. */
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

  /** Asks for the end of an attempt and of its pods; null when there is none of that name. */
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

  /** Creates the files of an attempt; null when they are there. */
  createFiles(body: V1ConfigMap): Promise<V1ConfigMap | null> {
    return this.#call(() => this.apis.core.createNamespacedConfigMap({ namespace: this.namespace, body }), [409])
  }

  /** Ties the files to their Job, so that both go together. */
  async own(name: string, uid: string): Promise<void> {
    const { namespace } = this
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }]
    await this.#call(async () => {
      const found = await this.apis.core.readNamespacedConfigMap({ namespace, name })
      const body = { ...found, metadata: { ...found.metadata, ownerReferences } }
      return this.apis.core.replaceNamespacedConfigMap({ namespace, name, body })
    }, [404, 409])
  }

  /** The pods of an attempt; none where we may not see them. */
  async pods(name: string): Promise<readonly V1Pod[]> {
    const of = this.kind === 'TrainJob' ? 'jobset.sigs.k8s.io/jobset-name' : 'batch.kubernetes.io/job-name'
    const asked = { namespace: this.namespace, labelSelector: `${of}=${name}` }
    return (await this.#call(() => this.apis.core.listNamespacedPod(asked), [403]))?.items ?? []
  }

  /** The version of the server. */
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
      // What objects say of themselves is kept and shown as well.
      // Beside the bound of each answer: the client may call a program for its credentials.
      return this.secrets.cutAll(await within(this.ms, call))
    } catch (cause) {
      const answer = answerOf(cause)
      if (answer !== null && expected.includes(answer.code)) return null
      const said = `kubernetes: ${this.secrets.cut(answer?.said ?? (cause as Error).message)}`
      // 3xx: a proxy, not the API server; 401: a token is renewed by whoever made it; 429 and 5xx pass. The rest stays wrong however often it is asked.
      const isPassing =
        answer === null || answer.code < 400 || answer.code === 401 || answer.code === 429 || answer.code >= 500
      throw new SteerflowError(isPassing ? 'STEERFLOW_LAUNCHER_UNAVAILABLE' : 'STEERFLOW_JOB_INVALID', said, {
        cause: this.secrets.plain(cause),
      })
    }
  }
}
