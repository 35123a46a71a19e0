import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { interrupts, signalCode } from '../../../src/cli/run/interrupts.js'

/** Interrupts on a clock that is set, signals that reach only them, and the codes with which the process was ended. */
function interruptible() {
  const clock = { ms: 0 }
  const before = new Map(['SIGINT', 'SIGTERM', 'SIGHUP'].map(name => [name, process.listenerCount(name)]))
  const stop = interrupts(() => clock.ms)
  const ends: unknown[] = []
  const exit = vi.spyOn(process, 'exit').mockImplementation(code => void ends.push(code) as never)
  onTestFinished(() => {
    stop.release()
    exit.mockRestore()
  })
  const send = (name: NodeJS.Signals): void => (process.listeners(name).at(-1) as (name: NodeJS.Signals) => void)(name)
  return { clock, stop, ends, send, before }
}

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s asks for an orderly end, with code %i', (name, code) => {
    const { stop, send, ends } = interruptible()
    expect(stop.signal.aborted).toBe(false)
    send(name)
    expect([stop.signal.aborted, signalCode(), ends]).toEqual([true, code, []])
  })

  it('again is another wish, and ends the process at once', () => {
    const { clock, send, ends } = interruptible()
    send('SIGINT')
    clock.ms = 201
    send('SIGINT')
    expect(ends).toEqual([130])
  })

  it('that comes twice in a moment, as npm passes it on, is one wish', () => {
    const { clock, send, ends } = interruptible()
    send('SIGINT')
    clock.ms = 200
    send('SIGINT')
    expect(ends).toEqual([])
  })

  it('of another kind ends the process at once, whenever it comes', () => {
    const { send, ends } = interruptible()
    send('SIGINT')
    send('SIGTERM')
    expect(ends).toEqual([143])
  })

  it('is heard by nothing else: whatever waits, the second ends it', () => {
    const listens = /process\.(?:on|once|addListener)\(\s*(?!'(?:warning|uncaughtException|exit|SIGTSTP)')/
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
    const listening = files.filter(name => listens.test(readFileSync(join('src', name), 'utf8')))
    // The watcher of a job is a program of its own.
    expect(listening.sort()).toEqual(['adapters/launchers/exec/watch.ts', 'cli/run/interrupts.ts'])
  })

  it('is no longer heard when it is over', () => {
    const { stop, before } = interruptible()
    stop.release()
    for (const [name, count] of before) expect(process.listenerCount(name)).toBe(count)
  })
})
