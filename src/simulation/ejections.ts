import type { Clock, Timer } from '../base/clock.js'
import type { Random } from '../base/random.js'
import { SlidingCounter } from '../base/sliding-counter.js'
import type { EjectionRules } from './pool-model.js'
import type { SimulatedCandidate } from './simulated-candidate.js'

/** Share by which an ejection is made longer or shorter at random, as the proxy does. */
const JITTER = 0.1

/** What a proxy knows of one target's conduct. */
interface Conduct {
  failuresInARow: number
  readonly failures: SlidingCounter | null
  readonly outcomes: SlidingCounter | null
  /** In short order. */
  ejections: number
  returnedAt: number
  timer: Timer | null
}

/** What passive health does in a proxy: so many failures in a row, or a share of failures, take a target out for a while; never too many, never the last. */
export class Ejections {
  readonly #rules: EjectionRules
  readonly #clock: Clock
  readonly #random: Random
  readonly #candidates: () => readonly SimulatedCandidate[]
  readonly #changed: (candidate: SimulatedCandidate) => void
  readonly #conduct = new Map<SimulatedCandidate, Conduct>()
  #ejected = 0

  /**
   * @param candidates those of the pool at the moment.
   * @param changed called when one was ejected or has returned.
   */
  constructor (rules: EjectionRules, clock: Clock, random: Random, candidates: () => readonly SimulatedCandidate[], changed: (candidate: SimulatedCandidate) => void) {
    this.#rules = rules
    this.#clock = clock
    this.#random = random
    this.#candidates = candidates
    this.#changed = changed
  }

  /** A request to it has ended. @param status of the answer; 0 = there was none. */
  ended (candidate: SimulatedCandidate, status: number): void {
    const failed = status === 0 || status >= 500
    // Without a rate to keep, a target that never failed has no record.
    if (!failed && this.#rules.failureRate === null && (this.#conduct.size === 0 || !this.#conduct.has(candidate))) return
    const conduct = this.#conductOf(candidate)
    conduct.outcomes?.add()
    if (failed) this.#failed(candidate, conduct, status)
    else conduct.failuresInARow = 0
  }

  /** The health check has found it up again: what it failed before is forgotten. */
  absolve (candidate: SimulatedCandidate): void {
    const conduct = this.#conduct.get(candidate)
    if (conduct === undefined) return
    if (candidate.ejected) this.#return(candidate, conduct)
    forgive(conduct)
  }

  /** It has left the pool. */
  forget (candidate: SimulatedCandidate): void {
    this.#conduct.get(candidate)?.timer?.cancel()
    this.#conduct.delete(candidate)
    if (candidate.ejected) this.#ejected--
    candidate.ejected = false
  }

  #failed (candidate: SimulatedCandidate, conduct: Conduct, status: number): void {
    const { consecutiveFailures, statuses } = this.#rules
    conduct.failuresInARow = status === 0 || statuses.includes(status) ? conduct.failuresInARow + 1 : 0
    conduct.failures?.add()
    const inARow = consecutiveFailures !== 0 && conduct.failuresInARow >= consecutiveFailures
    if ((inARow || this.#rateExceeded(conduct)) && this.#mayEject(candidate)) this.#eject(candidate, conduct)
  }

  #rateExceeded ({ failures, outcomes }: Conduct): boolean {
    const { failureRate } = this.#rules
    if (failureRate === null || failures === null || outcomes === null) return false
    return outcomes.sum >= failureRate.minimumRequests && failures.sum >= failureRate.share * outcomes.sum
  }

  #mayEject (candidate: SimulatedCandidate): boolean {
    const candidates = this.#candidates()
    const { maxEjectedShare } = this.#rules
    const most = maxEjectedShare === 0 ? 0 : Math.max(1, Math.floor(candidates.length * maxEjectedShare + 1e-9))
    return candidate.eligible && this.#ejected < most && candidates.some(other => other !== candidate && other.eligible)
  }

  #eject (candidate: SimulatedCandidate, conduct: Conduct): void {
    const { ejection, maxEjection } = this.#rules
    const atoned = Math.floor((this.#clock.now() - conduct.returnedAt) / ejection)
    conduct.ejections = Math.min(Math.max(0, conduct.ejections - atoned) + 1, Math.ceil(maxEjection / ejection))
    const length = Math.min(ejection * conduct.ejections, maxEjection) * (1 + JITTER * (2 * this.#random() - 1))
    conduct.timer = this.#clock.after(length, () => { this.#return(candidate, conduct) })
    candidate.ejected = true
    this.#ejected++
    this.#changed(candidate)
  }

  #return (candidate: SimulatedCandidate, conduct: Conduct): void {
    conduct.timer?.cancel()
    conduct.timer = null
    conduct.returnedAt = this.#clock.now()
    candidate.ejected = false
    this.#ejected--
    forgive(conduct)
    this.#changed(candidate)
  }

  #conductOf (candidate: SimulatedCandidate): Conduct {
    let conduct = this.#conduct.get(candidate)
    if (conduct === undefined) {
      const { failureRate } = this.#rules
      const counter = (): SlidingCounter | null => failureRate === null ? null : new SlidingCounter(this.#clock, failureRate.window)
      conduct = { failuresInARow: 0, failures: counter(), outcomes: counter(), ejections: 0, returnedAt: 0, timer: null }
      this.#conduct.set(candidate, conduct)
    }
    return conduct
  }
}

function forgive (conduct: Conduct): void {
  conduct.failuresInARow = 0
  conduct.failures?.clear()
  conduct.outcomes?.clear()
}
