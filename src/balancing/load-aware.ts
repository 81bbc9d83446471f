import { Type, type Static } from '../base/type.js'
import { durationSchema } from '../base/duration-schema.js'
import { LeastConnections } from './least-connections.js'
import { LoadGauge, type GaugeRules } from './load-gauge.js'
import { readDuration } from './read-duration.js'
import type { Candidate, Follower, NonEmpty, PickContext, Picker, Strategy, StrategyKind } from './strategy.js'

/** How reports are read where the config is silent. */
const defaults = { blackout: '10s', expiry: '30s', errorPenalty: 1 } as const

const schema = Type.Object({
  blackout: Type.Optional(durationSchema({
    zero: true,
    default: defaults.blackout,
    description: 'How long the reports of a target are not used after its first one: a process that has just started is slower than it will be.'
  })),
  expiry: Type.Optional(durationSchema({ default: defaults.expiry, description: 'Age beyond which a report does not count. Longer than the interval of the health check.' })),
  errorPenalty: Type.Optional(Type.Number({
    minimum: 0,
    maximum: 1000,
    default: defaults.errorPenalty,
    description: 'By how much a target on which all requests fail looks busier; 1 = by its whole capacity. 0 = errors do not count.'
  }))
}, { additionalProperties: false })

type LoadAwareInput = Static<typeof schema>

/** Capacities that differ by less than this factor are taken for equal: in an idle pool the slightest lead would draw all requests. */
const NOISE = 1.2

/**
 * Least-connections with what the backends say of themselves: weights are multiplied with their measured capacities (`LoadGauge`), and requests that
 * they have from others count like our own. Those that do not say get the average of those that do. As long as fewer than two say anything, it
 * is exactly least-connections.
 */
export class LoadAware implements Strategy {
  readonly #leastConnections = new LeastConnections()
  readonly #rules: GaugeRules
  readonly #gauges = new WeakMap<Candidate, LoadGauge>()
  /** Grows with each report. */
  #reports = 0
  #lastPicker: object | null = null

  constructor (rules: GaugeRules) {
    this.#rules = rules
  }

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    const [first, ...others] = eligible
    const gauges: NonEmpty<LoadGauge> = [this.#gauge(first), ...others.map(candidate => this.#gauge(candidate))]
    return new LoadAwarePicker(eligible, gauges, this.#leastConnections.prepare(gauges), this)
  }

  follow (candidate: Candidate): Follower {
    return this.#gauge(candidate)
  }

  /** @internal Takes note of who weighs now: gauges are shared, what is made of them is not. @returns a number that changes when all is to be weighed anew. */
  weighing (picker: object): number {
    if (this.#lastPicker !== picker) this.#reports++
    this.#lastPicker = picker
    return this.#reports
  }

  #gauge (candidate: Candidate): LoadGauge {
    let gauge = this.#gauges.get(candidate)
    if (gauge === undefined) {
      gauge = new LoadGauge(candidate, this.#rules, () => { this.#reports++ })
      this.#gauges.set(candidate, gauge)
    }
    return gauge
  }
}

class LoadAwarePicker<T extends Candidate> implements Picker<T> {
  readonly #candidates: ReadonlyMap<LoadGauge, T>
  readonly #first: T
  readonly #gauges: NonEmpty<LoadGauge>
  readonly #beneath: Picker<LoadGauge>
  readonly #strategy: LoadAware
  #weighed = -1
  #validUntil = 0

  constructor (candidates: NonEmpty<T>, gauges: NonEmpty<LoadGauge>, beneath: Picker<LoadGauge>, strategy: LoadAware) {
    this.#candidates = new Map(candidates.map((candidate, index) => [gauges[index] ?? gauges[0], candidate]))
    this.#first = candidates[0]
    this.#gauges = gauges
    this.#beneath = beneath
    this.#strategy = strategy
  }

  pick (context: PickContext): T {
    this.#weigh(context.now())
    return this.#candidates.get(this.#beneath.pick(context)) ?? this.#first
  }

  scores (context: PickContext): readonly number[] {
    this.#weigh(context.now())
    return this.#gauges.map(({ inflight, weight }) => (inflight + 1) / weight)
  }

  /** A function of the reports and the time, done again only when its result may have changed. */
  #weigh (now: number): void {
    const reports = this.#strategy.weighing(this)
    if (reports === this.#weighed && now <= this.#validUntil) return
    this.#weighed = reports
    this.#validUntil = Math.min(...this.#gauges.map(gauge => gauge.validUntil(now)))
    const capacities = this.#gauges.map(gauge => gauge.capacity(now))
    const known = capacities.filter(capacity => capacity !== null)
    const told = known.length >= 2
    const uneven = told && Math.max(...known) > NOISE * Math.min(...known)
    const capacity = mean(known)
    const elsewhere = mean(this.#gauges.map(gauge => gauge.foreign(now)).filter(foreign => foreign !== null))
    this.#gauges.forEach((gauge, index) => {
      gauge.share = uneven ? (capacities[index] ?? capacity) / capacity : 1
      // Whole requests, as a fraction would decide between those that are idle.
      gauge.elsewhere = told ? Math.round(gauge.foreign(now) ?? elsewhere) : 0
    })
  }
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

export const loadAware: StrategyKind<LoadAwareInput> = {
  name: 'load-aware',
  schema,
  create: ({ blackout = defaults.blackout, expiry = defaults.expiry, errorPenalty = defaults.errorPenalty }) =>
    new LoadAware({ blackout: readDuration(blackout), expiry: readDuration(expiry), errorPenalty })
}
