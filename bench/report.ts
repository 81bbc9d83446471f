import type { LoadErrors } from './load.js'
import { machineLine } from './machine.js'
import type { Scenario } from './scenario.js'
import { shares } from './statistics.js'
import { number, table, type Column, type TableStyle } from './table.js'

/** One measured run. */
export interface Run {
  readonly scenario: string
  readonly strategy: string
  readonly completed: number
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly errors: LoadErrors
  /** Answers by backend number. */
  readonly served: Readonly<Record<string, number>>
}

/** All that is measured in one go. */
export interface Measurement {
  /** Seconds of each run. */
  readonly duration: number
  readonly connections: number
  readonly scenarios: ReadonlyArray<Pick<Scenario, 'name' | 'title' | 'targets'>>
  readonly runs: readonly Run[]
}

const COLUMNS: readonly Column[] = [
  { heading: 'scenario', align: 'left' },
  { heading: 'strategy', align: 'left' },
  { heading: 'requests/s', align: 'right' },
  { heading: 'p50 ms', align: 'right' },
  { heading: 'p99 ms', align: 'right' },
  { heading: 'errors', align: 'right' },
  { heading: 'share per target, %', align: 'left' }
]

/** The measurement as text: on what it ran, what the scenarios are, the table. */
export function report (measurement: Measurement, style: TableStyle): string {
  const { duration, connections, scenarios } = measurement
  const bullet = style === 'markdown' ? '- ' : '  '
  return [
    `${machineLine()}; ${connections} connections, ${duration} s per run.`,
    'Load generator, proxy and backends share these cores: compare the rows with each other, not with other machines.',
    'Errors: answers other than 2xx, refused, reset or timed-out connections, and requests nobody answered.',
    '',
    ...scenarios.map(({ name, title, targets }) => `${bullet}${name}: ${title} (service times ${targets.map(target => `${target.serviceTime} ms`).join(', ')})`),
    '',
    table(COLUMNS, measurement.runs.map(run => row(run, scenarios)), style)
  ].join('\n')
}

function row (run: Run, scenarios: Measurement['scenarios']): string[] {
  const { non2xx, socket, unanswered } = run.errors
  const targets = scenarios.find(scenario => scenario.name === run.scenario)?.targets ?? []
  const names = targets.map((_target, index) => String(index + 1))
  return [
    run.scenario,
    run.strategy,
    number(run.requestsPerSecond),
    number(run.p50, 1),
    number(run.p99, 1),
    number(non2xx + socket + unanswered),
    shares(new Map(Object.entries(run.served)), names).map(share => number(share, 1)).join(' / ')
  ]
}
