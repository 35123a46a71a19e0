import { z } from 'zod'
import { fail, type Finding, ok } from './check.js'

export interface RegistryAccess {
  readonly url: string
  readonly username?: string
  readonly password?: string
}

const Subjects = z.array(z.string())
const waitMs = 5000

/** Whether the schema registry answers. */
export async function registryReachable({ url, username, password }: RegistryAccess): Promise<Finding> {
  if (url === '') return ok('none set: schema ids come from the index that is shipped')
  const todo = 'Start the registry or correct registry.url; a run that knows its schema ids goes on without it.'
  try {
    const authorization = username ? { authorization: `Basic ${btoa(`${username}:${password ?? ''}`)}` } : undefined
    const answer = await fetch(`${url.replace(/\/$/, '')}/subjects`, {
      ...(authorization && { headers: authorization }),
      signal: AbortSignal.timeout(waitMs),
    })
    if (!answer.ok) return fail(`${url} answered ${answer.status}`, todo)
    return ok(`${url} has ${Subjects.parse(await answer.json()).length} subjects`)
  } catch (error) {
    const { cause, message } = error as Error
    return fail(`${url}: ${(cause as NodeJS.ErrnoException | undefined)?.code ?? message}`, todo)
  }
}
