import { readdir, readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { printed } from './printed.js'

/** A process of this machine. `started` distinguishes it from a later one with the same pid. */
export interface ProcessRow {
  readonly pid: number
  readonly group: number
  readonly started: string
  /** Ended, but not yet reaped by its parent. */
  readonly zombie: boolean
}

export interface ProcessTable {
  /** Changes at every start of the machine. */
  boot(): Promise<string>
  /**
   * Identifies the visible processes: on another machine or in another container it differs, and nothing is known about
   * processes there.
   */
  space(): Promise<string>
  /** Null if there is no such process. */
  find(pid: number): Promise<ProcessRow | null>
  all(): Promise<readonly ProcessRow[]>
}

const run = (command: string, ...args: readonly string[]): Promise<string> =>
  printed(command, args, { ms: 30_000, bytes: 16 << 20 })

/** One line of /proc/<pid>/stat; the name in parentheses may contain spaces and parentheses (proc(5)). */
function statRow(pid: number, stat: string): ProcessRow {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { pid, group: Number(fields[2]), started: fields[19] ?? '', zombie: fields[0] === 'Z' || fields[0] === 'X' }
}

/** Linux: the proc file system, which needs no program. */
export const procTable: ProcessTable = {
  boot: async () => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
  space: async () => `${hostname()} ${await readlink('/proc/self/ns/pid')}`,
  find: async pid => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
    return stat === null ? null : statRow(pid, stat)
  },
  all: async () => {
    const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)
    const rows = await Promise.all(pids.map(pid => procTable.find(pid)))
    return rows.filter(row => row !== null)
  },
}

/** Other systems: `ps`, with POSIX columns that macOS and the BSDs also print. */
export const psTable: ProcessTable = {
  boot: async () => (await run('sysctl', '-n', 'kern.boottime')).trim(),
  space: async () => hostname(),
  find: async pid => (await psTable.all()).find(row => row.pid === pid) ?? null,
  all: async () => {
    return (await run('ps', '-A', '-o', 'pid=,pgid=,stat=,lstart='))
      .split('\n')
      .map(line => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S.*)/.exec(line))
      .filter(match => match !== null)
      .map(([, pid, group, stat, started]) => ({
        pid: Number(pid),
        group: Number(group),
        started: started!.trimEnd().replace(/\s+/g, ' '),
        zombie: stat!.startsWith('Z'),
      }))
  },
}

export const processTable: ProcessTable = process.platform === 'linux' ? procTable : psTable
