import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

/** Ticks in a second, the unit of /proc/PID/stat; 0 = not asked yet. */
let ticksPerSecond = 0

/** Seconds of processor time, user and system, that a process and its living descendants have used. Linux only. */
export function cpuSeconds (pid: number): number {
  if (ticksPerSecond === 0) ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return tree(pid).reduce((sum, each) => sum + ticks(each), 0) / ticksPerSecond
}

function tree (pid: number): number[] {
  return [pid, ...children(pid).flatMap(tree)]
}

/** Each thread lists the children that it started. */
function children (pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap(thread => {
      const list = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim()
      return list === '' ? [] : list.split(' ').map(Number)
    })
  } catch {
    return []
  }
}

function ticks (pid: number): number {
  try {
    return statTicks(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return 0
  }
}

/** utime + stime of a line of /proc/PID/stat. The command's name, in brackets, may hold spaces and brackets itself. */
export function statTicks (line: string): number {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
