import type { Clock, Timer } from '../base/clock.js'

/** Something whose weight can be held back. */
export interface Rampable {
  /** Sets the share of its weight that it has for now, above 0 and at most 1. */
  ramp (share: number): void
}

export interface SlowStartRules {
  /** Milliseconds until a target has its full weight; more than 0. */
  readonly window: number
  /** 1 = the weight grows evenly; more = faster at first; less = slower at first. */
  readonly aggression: number
}

/** Share of its weight that a target has at least: one that got no requests at all would never warm up. */
const LEAST = 0.1
const STEPS = 20
/** Milliseconds. Pickers are made anew for each step. */
const SHORTEST_STEP = 100

/**
 * Gives targets that come into service their weight little by little, so that cold caches and compilers still at work do not
 * meet a full share of the traffic. After time t the share is max(10 %, (t / window) ^ (1 / aggression)). Source: Envoy's
 * slow start mode.
 *
 * A target spares itself only at the cost of others, so there is no ramp unless another one in service is warm, which it is
 * after a whole window in service. Hence none at start-up (as in HAProxy), none for the first target to come back after all
 * were out, and none for those that follow while it is cold itself. When the last warm target goes, the ramps under way end.
 *
 * In service means: a weight above zero and no veto for health or by the admin. Being full is no reason to begin anew.
 */
export class SlowStart {
  readonly #rules: SlowStartRules
  readonly #clock: Clock
  readonly #step: number
  /** The targets in service and the clock time in ms at which each one came. */
  readonly #since = new Map<Rampable, number>()
  readonly #ramping = new Set<Rampable>()
  #timer: Timer | null = null
  #stopped = false

  constructor (rules: SlowStartRules, clock: Clock) {
    this.#rules = rules
    this.#clock = clock
    this.#step = Math.max(SHORTEST_STEP, rules.window / STEPS)
  }

  /** A target has come into service or gone out of it. To say the same again changes nothing. */
  readonly serviceChanged = (target: Rampable, inService: boolean): void => {
    if (inService) this.begin(target)
    else this.forget(target)
  }

  /** A target has been in service for long. */
  adopt (target: Rampable): void {
    this.#since.set(target, -Infinity)
  }

  /** A target has come into service. */
  begin (target: Rampable): void {
    if (this.#stopped || this.#since.has(target)) return
    const ramp = this.#anyWarm()
    this.#since.set(target, this.#clock.now())
    if (!ramp) return
    this.#ramping.add(target)
    target.ramp(LEAST)
    this.#schedule()
  }

  /** A target has gone out of service, or left the pool. */
  forget (target: Rampable): void {
    this.#since.delete(target)
    if (this.#ramping.delete(target)) target.ramp(1)
    if (!this.#anyWarm()) this.#endRamps()
    else if (this.#ramping.size === 0) this.#rest()
  }

  /** Ends all ramps: each target has its full weight. Nothing begins after this. */
  stop (): void {
    this.#stopped = true
    this.#endRamps()
    this.#since.clear()
  }

  #share (target: Rampable): number {
    const { window, aggression } = this.#rules
    const passed = (this.#clock.now() - (this.#since.get(target) ?? 0)) / window
    return Math.min(1, Math.max(LEAST, passed ** (1 / aggression)))
  }

  #anyWarm (): boolean {
    const arrival = this.#clock.now() - this.#rules.window
    for (const [target, since] of this.#since) if (since <= arrival && !this.#ramping.has(target)) return true
    return false
  }

  /** One timer for all: however many ramp, there is one new picker per step. */
  #schedule (): void {
    this.#timer ??= this.#clock.after(this.#step, this.#advance)
  }

  readonly #advance = (): void => {
    this.#timer = null
    for (const target of this.#ramping) {
      const share = this.#share(target)
      if (share === 1) this.#ramping.delete(target)
      target.ramp(share)
    }
    if (this.#ramping.size > 0) this.#schedule()
  }

  #endRamps (): void {
    for (const target of this.#ramping) target.ramp(1)
    this.#ramping.clear()
    this.#rest()
  }

  #rest (): void {
    this.#timer?.cancel()
    this.#timer = null
  }
}
