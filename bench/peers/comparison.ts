import { number, type Column } from '../table.js'
import type { Seen } from './generator.js'

/** One round of one proxy under one load. */
export interface Round extends Seen {
  readonly peer: string
  readonly load: string
  /** Processor time of the proxy per request, in microseconds. */
  readonly cpu: number
}

export const comparisonColumns: readonly Column[] = ['load', 'proxy', 'CPU us/request', 'ratio', 'min..max', 'requests/s', 'p99 ms', 'errors']
  .map((heading, index) => ({ heading, align: index < 2 ? 'left' : 'right' }))

/** A row per load and proxy, in the order of the rounds: the best round, and how it compares with the best of that load's first proxy. */
export function comparisonRows (rounds: readonly Round[]): string[][] {
  return distinct(rounds.map(round => round.load)).flatMap(load => {
    const ofLoad = rounds.filter(round => round.load === load)
    const groups = distinct(ofLoad.map(round => round.peer)).map(peer => ofLoad.filter(round => round.peer === peer).sort((a, b) => a.cpu - b.cpu))
    const base = groups[0]?.[0]?.cpu ?? Number.NaN
    return groups.map(group => row(group, base))
  })
}

/** @param group the rounds of one proxy under one load, the best first. */
function row (group: readonly Round[], base: number): string[] {
  const [best] = group
  if (best === undefined) return []
  return [
    best.load,
    best.peer,
    number(best.cpu, 1),
    number(best.cpu / base, 2),
    `${number(best.cpu, 1)}..${number(group.at(-1)?.cpu ?? best.cpu, 1)}`,
    number(Math.max(...group.map(round => round.requestsPerSecond))),
    number(best.p99, 1),
    number(group.reduce((sum, round) => sum + round.errors, 0))
  ]
}

function distinct (names: readonly string[]): string[] {
  return [...new Set(names)]
}
