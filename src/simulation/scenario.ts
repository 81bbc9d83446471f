import { Value } from 'typebox/value'
import { parseDuration } from '../base/duration.js'
import { checkEvents, type ScenarioEvent } from './scenario-events.js'
import { scenarioFaults } from './scenario-faults.js'
import { scenarioSchema, type EventInput, type LoadInput, type ScenarioInput, type TargetInput } from './scenario-schema.js'
import type { ServiceTime } from './service-time.js'

export type { ScenarioEvent } from './scenario-events.js'

/** What load there is, what targets stand behind the proxy, and what befalls them. All times are milliseconds. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly load: ScenarioLoad
  readonly targets: readonly ScenarioTarget[]
  /** In the order of time. */
  readonly events: readonly ScenarioEvent[]
  /** Options of the pool beside strategy and targets, as the proxy's config takes them. */
  readonly pool: Readonly<Record<string, unknown>>
}

/** What the clients do. */
export interface ScenarioLoad {
  /** Requests per second that come at random (Poisson); null = a closed loop: each client asks anew when it has its answer. */
  readonly rate: number | null
  /** Clients of a closed loop; null = as many as the caller says. */
  readonly connections: number | null
  /** For `length` of every `every` the rate is multiplied by `factor`; the first one comes at the end of the first `every`. */
  readonly bursts: { readonly every: number, readonly length: number, readonly factor: number } | null
  /** What requests carry in `x-key`, drawn by Zipf's law. */
  readonly keys: { readonly count: number, readonly skew: number } | null
}

/** One backend. */
export interface ScenarioTarget {
  readonly serviceTime: ServiceTime
  readonly weight: number
  /** Requests worked on at once, the others wait, first come first served; 0 = no limit. */
  readonly concurrency: number
  /** Factor on the service time. */
  readonly slowdown: number
  readonly failures: { readonly share: number, readonly after: number, readonly status: number } | null
  /** Nothing moves in it for `length`, `every` so often on average. */
  readonly pauses: { readonly every: number, readonly length: number } | null
  /** From the start of its process its service time is multiplied by `slowdown`, which falls evenly to 1. */
  readonly cold: { readonly for: number, readonly slowdown: number } | null
  /** Share of its processor time that other work takes. */
  readonly busy: number
  /** Not there before it joins. */
  readonly absent: boolean
}

/**
 * Reads the text of a scenario file.
 * @throws {TypeError} naming the scenario and all that is wrong in its form, or the first thing that can not happen.
 */
export function parseScenario (name: string, text: string): Scenario {
  try {
    return readScenario(name, JSON.parse(text))
  } catch (error) {
    throw new TypeError(`scenario ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readScenario (name: string, file: unknown): Scenario {
  if (!Value.Check(scenarioSchema, file)) throw new TypeError(scenarioFaults(file).join('; '))
  const scenario = { name, title: file.title, load: readLoad(file.load ?? {}), targets: file.targets.map(readTarget), events: readEvents(file), pool: file.pool ?? {} }
  const impossible = impossibility(scenario)
  if (impossible !== undefined) throw new TypeError(impossible)
  return scenario
}

function readLoad ({ rate, connections, bursts, keys }: LoadInput): ScenarioLoad {
  return {
    rate: rate ?? null,
    connections: connections ?? null,
    bursts: bursts === undefined ? null : { every: milliseconds(bursts.every), length: milliseconds(bursts.length), factor: bursts.factor },
    keys: keys ?? null
  }
}

function readTarget (input: TargetInput): ScenarioTarget {
  const { weight = 1, concurrency = 0, slowdown = 1, failures, pauses, cold, busy = 0, absent = false } = input
  return {
    serviceTime: readServiceTime(input.serviceTime),
    weight,
    concurrency,
    slowdown,
    failures: failures === undefined ? null : { ...failures, after: milliseconds(failures.after) },
    pauses: pauses === undefined ? null : { every: milliseconds(pauses.every), length: milliseconds(pauses.length) },
    cold: cold === undefined ? null : { for: milliseconds(cold.for), slowdown: cold.slowdown },
    busy,
    absent
  }
}

function readServiceTime (input: TargetInput['serviceTime']): ServiceTime {
  if (typeof input === 'string') return { distribution: 'constant', value: milliseconds(input) }
  switch (input.distribution) {
    case 'log-normal': return { ...input, median: milliseconds(input.median) }
    case 'pareto': return { ...input, minimum: milliseconds(input.minimum), maximum: milliseconds(input.maximum) }
    case 'exponential': return { ...input, mean: milliseconds(input.mean) }
  }
}

function readEvents ({ events = [] }: ScenarioInput): ScenarioEvent[] {
  return events.map(readEvent).sort((a, b) => a.at - b.at)
}

function readEvent ({ at, action, target, factor, over }: EventInput): ScenarioEvent {
  if (action !== 'slow') {
    if (factor !== undefined || over !== undefined) throw new TypeError(`"factor" and "over" are of "slow", not of "${action}"`)
    return { at, action, target }
  }
  if (factor === undefined) throw new TypeError(`"slow" of target ${target} needs a "factor"`)
  return { at, action, target, factor, over: over ?? 0 }
}

/** What the schema can not say; undefined = nothing is wrong. */
function impossibility ({ load, targets, events }: Scenario): string | undefined {
  if (load.rate !== null && load.connections !== null) return '"rate" and "connections" exclude each other: clients that wait for their answers set no rate'
  if (load.bursts !== null && load.rate === null) return '"bursts" need a "rate"'
  if (load.bursts !== null && load.bursts.length >= load.bursts.every) return 'a burst must be shorter than the time from one to the next'
  for (const [index, { serviceTime, pauses }] of targets.entries()) {
    if (serviceTime.distribution === 'pareto' && serviceTime.maximum <= serviceTime.minimum) return `target ${index + 1}: "maximum" must be above "minimum"`
    if (pauses !== null && pauses.length >= pauses.every) return `target ${index + 1}: a pause must be shorter than the time from one to the next`
  }
  if (targets.every(target => target.absent)) return 'all targets are absent'
  return checkEvents(events, targets)
}

/** Of a duration that has been checked. */
function milliseconds (text: string): number {
  return parseDuration(text) ?? Number.NaN
}
