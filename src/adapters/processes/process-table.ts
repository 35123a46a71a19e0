import { readdir, readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { printed } from './printed.js'

/** A process as the machine knows it. `started` tells it from a later one that was given the same number. */
export interface ProcessRow {
  readonly pid: number
  readonly group: number
  readonly started: string
  /** Ended, and not yet fetched by its parent. */
  readonly zombie: boolean
}

/** What the machine tells of its processes. */
export interface ProcessTable {
  /** Changes whenever the machine starts. */
  boot(): Promise<string>
  /**
   * Which processes can be seen from here: another machine and another container have another, so that nothing is known
   * of a process there.
   */
  space(): Promise<string>
  /** Null when there is no such process. */
  find(pid: number): Promise<ProcessRow | null>
  all(): Promise<readonly ProcessRow[]>
}

const run = (command: string, ...args: readonly string[]): Promise<string> =>
  printed(command, args, { ms: 30_000, bytes: 16 << 20 })

/** One line of /proc/<pid>/stat; the name in parentheses may itself hold spaces and parentheses (proc(5)). */
function statRow(pid: number, stat: string): ProcessRow {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { pid, group: Number(fields[2]), started: fields[19] ?? '', zombie: fields[0] === 'Z' || fields[0] === 'X' }
}

/** Linux: the proc file system, so that nothing has to be installed. */
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

/** Elsewhere: `ps`, with the POSIX columns that macOS and the BSDs print too. */
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

/** The table of the machine that this runs on. */
export const processTable: ProcessTable = process.platform === 'linux' ? procTable : psTable
