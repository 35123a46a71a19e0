import { SteerflowError } from '../../../src/domain/errors.js'
import type { SchemaRegistry, RegistrySchema } from '../../../src/adapters/registry/registry.js'

/** A registry in memory that counts what it is asked, and can be taken down. It checks nothing. */
export class MemoryRegistry implements SchemaRegistry {
  readonly #schemas: RegistrySchema[] = []
  readonly #subjects = new Map<string, Set<number>>()
  readonly levels = new Map<string, string>()
  failure: SteerflowError | null = null
  asked = 0

  readonly down = (): void => {
    this.failure = new SteerflowError('STEERFLOW_REGISTRY_DOWN', 'the registry does not answer')
  }

  /** Registers a schema of any type, as another program would; returns its id. */
  add(subject: string, text: string, type = 'JSON'): number {
    let at = this.#schemas.findIndex(schema => schema.text === text && schema.type === type)
    if (at < 0) at = this.#schemas.push({ text, type }) - 1
    this.#subjects.set(subject, (this.#subjects.get(subject) ?? new Set()).add(at + 1))
    return at + 1
  }

  async idOf(subject: string, text: string): Promise<number | null> {
    this.#ask()
    const id = this.#schemas.findIndex(schema => schema.text === text) + 1
    return this.#subjects.get(subject)?.has(id) ? id : null
  }

  async holds(subject: string, { text }: RegistrySchema): Promise<boolean> {
    return (await this.idOf(subject, text)) !== null
  }

  async byId(_subject: string, id: number): Promise<RegistrySchema | null> {
    this.#ask()
    return this.#schemas[id - 1] ?? null
  }

  async takes(): Promise<boolean> {
    this.#ask()
    return true
  }

  async register(subject: string, text: string): Promise<number> {
    this.#ask()
    return this.add(subject, text)
  }

  async compatibility(subject: string): Promise<string | null> {
    this.#ask()
    return this.levels.get(subject) ?? null
  }

  async checkBackward(subject: string): Promise<void> {
    this.#ask()
    this.levels.set(subject, 'BACKWARD')
  }

  async close(): Promise<void> {}

  #ask(): void {
    this.asked++
    if (this.failure) throw this.failure
  }
}
