import type { Clock, Timer } from '../base/clock.js'
import type { Random } from '../base/random.js'
import type { Outcome } from '../upstream/outcome.js'
import type { Pool } from '../upstream/pool.js'
import type { Target } from '../upstream/target.js'
import { FailureWindow } from './failure-window.js'
import type { PassiveHealth } from './passive-health.js'

/** Share by which an ejection is made longer or shorter at random, so that targets ejected together do not come back together. */
const JITTER = 0.1

/** Milliseconds that an ejection lasts at least where the targets take each other's place. */
const SHORTEST_TURN = 1000

/** Hears of ejections. */
export interface EjectionObserver {
  /**
   * A target was ejected.
   * @param reason for the log: it may name addresses.
   * @param ms for how long.
   * @param n which one in short order it is: 1 = the first. A target that goes by its own word adds nothing to it.
   */
  onEject (target: Target, reason: string, ms: number, n: number): void
  /** Its ejection is over. Another judge may still veto it. */
  onReturn (target: Target): void
}

export interface PassiveCheckOptions {
  readonly rules: PassiveHealth
  readonly pool: Pool
  readonly clock: Clock
  readonly random: Random
  readonly observer: EjectionObserver
}

/** What is known of one target. */
interface Conduct {
  /** Gateway failures in a row. */
  consecutive: number
  /** null = the rate is not looked at. */
  window: FailureWindow | null
  /** Ejections in short order, as of the last one. */
  ejections: number
  /** Clock time in ms at which the last ejection began. */
  ejectedAt: number
  /** Clock time in ms at which the last ejection ended. */
  returnedAt: number
  /** Ends its ejection; null = it is not ejected. */
  timer: Timer | null
}

/**
 * Judges a pool's targets by how their requests end and is their judge `passive`.
 *
 * - A gateway failure is a failure, or a response with one of certain statuses, 502, 503 and 504 if nothing else is said; so
 *   many in a row eject. Any other response ends the row, but each 5xx counts for the failure rate. A cancelled request says
 *   nothing.
 * - The n-th ejection in short order lasts n times as long as the first, up to a maximum, give or take 10 %. n goes down by one
 *   for each time of the first ejection's length that has passed since the target's return, and up no further than the
 *   maximum needs. A target that returns has a clean record but for n.
 * - Only so many targets are out at once, and never the last: one is ejected only if it serves and another one does, being
 *   full not counting against either. A target with failures enough for which there was no room goes with its next one.
 *
 * When the last one that serves fails too, the one that has been out longest takes its place.
 *
 * Beside the active check: each has a veto of its own, so a target serves only if neither speaks against it. A target that is
 * actively down stays out however well its requests end. One that the active check finds up again after it was down is
 * absolved (`absolve`): a passed probe is later evidence than the requests it failed before. A probe that passes and changes
 * nothing absolves nobody, for a target may answer its probes and still fail its requests.
 *
 * Source: Envoy's outlier detection, where n goes down by one for each sweep without an ejection.
 */
export class PassiveCheck {
  readonly #options: PassiveCheckOptions
  #rules: PassiveHealth
  #unobserve: () => void = () => {}
  readonly #conduct = new Map<Target, Conduct>()
  /** How many are out. */
  #ejected = 0
  #stopped = false

  constructor (options: PassiveCheckOptions) {
    this.#options = options
    this.#rules = options.rules
  }

  /** Begins to listen to the pool. */
  start (): void {
    this.#unobserve = this.#options.pool.observe(this.#observe)
  }

  /** Goes by other rules from now on. Ejections stand; what has been counted for a rate begins anew. */
  configure (rules: PassiveHealth): void {
    this.#rules = rules
    for (const conduct of this.#conduct.values()) conduct.window = this.#newWindow()
  }

  /** Judges no more, and lifts its vetoes. */
  release (): void {
    for (const [target, conduct] of this.#conduct) if (conduct.timer !== null) this.#return(target, conduct)
    this.stop()
  }

  /** The active check has found a target up that was down: its ejection ends, and what it failed before is forgotten. */
  absolve (target: Target): void {
    const conduct = this.#conduct.get(target)
    if (conduct === undefined) return
    if (conduct.timer === null) this.#forgive(conduct)
    else this.#return(target, conduct)
  }

  /**
   * A target has said by itself that it is about to stop: it is out for the time of a first ejection, unless it is the last one
   * that serves. That is no fault of it, so nothing is counted.
   */
  withdraw (target: Target): void {
    if (this.#stopped) return
    const conduct = this.#conductOf(target)
    if (conduct === undefined || conduct.timer !== null || !this.#othersServe(target)) return
    const { ejection, maxEjection } = this.#rules
    this.#atone(conduct)
    this.#exclude(target, conduct, 'the target is draining', Math.min(ejection, maxEjection))
  }

  /** Forgets targets that have left the pool. Call it in the same step as `Pool.reconcile`. */
  reconcile (): void {
    const { targets } = this.#options.pool
    for (const [target, conduct] of this.#conduct) {
      if (targets.includes(target)) continue
      if (conduct.timer !== null) this.#ejected--
      conduct.timer?.cancel()
      this.#conduct.delete(target)
    }
  }

  /** Judges no more. The vetoes stand: who looks at requests no more lifts them. */
  stop (): void {
    this.#stopped = true
    this.#unobserve()
    for (const { timer } of this.#conduct.values()) timer?.cancel()
    this.#conduct.clear()
  }

  readonly #observe = (target: Target, outcome: Outcome): void => {
    if (outcome.kind === 'cancelled' || this.#stopped) return
    if (outcome.kind === 'response' && outcome.status < 500) this.#succeeded(target)
    else this.#failed(target, outcome)
  }

  #succeeded (target: Target): void {
    // Without a rate to keep, a target that never failed has no record.
    const conduct = this.#rules.failureRate === null ? this.#conduct.get(target) : this.#conductOf(target)
    if (conduct === undefined) return
    conduct.consecutive = 0
    conduct.window?.add(false)
  }

  #failed (target: Target, outcome: Outcome): void {
    const conduct = this.#conductOf(target)
    if (conduct === undefined) return
    conduct.consecutive = isGatewayFailure(outcome, this.#rules.statuses) ? conduct.consecutive + 1 : 0
    conduct.window?.add(true)
    const { consecutiveFailures } = this.#rules
    const inARow = consecutiveFailures !== 0 && conduct.consecutive >= consecutiveFailures
    if (!(inARow || conduct.window?.exceeded === true)) return
    if (!this.#mayEject(target) && !this.#relieve(target)) return
    this.#eject(target, conduct, `${inARow ? rowOf(conduct) : rateOf(conduct)}, the last: ${nameOf(outcome)}`)
  }

  /** undefined for a target that has left the pool: nobody would ever forget what is kept of it. */
  #conductOf (target: Target): Conduct | undefined {
    const known = this.#conduct.get(target)
    if (known !== undefined) return known
    if (!this.#options.pool.targets.includes(target)) return undefined
    const conduct = { consecutive: 0, window: this.#newWindow(), ejections: 0, ejectedAt: 0, returnedAt: 0, timer: null }
    this.#conduct.set(target, conduct)
    return conduct
  }

  #newWindow (): FailureWindow | null {
    const { failureRate } = this.#rules
    return failureRate === null ? null : new FailureWindow(failureRate, this.#options.clock)
  }

  /** Is there room for one more, and another target that serves? One that is out itself, ejected or not, stays as it is. */
  #mayEject (target: Target): boolean {
    const { targets } = this.#options.pool
    return this.#ejected < mostEjected(targets.length, this.#rules.maxEjectedShare) && target.inService && this.#othersServe(target)
  }

  /**
   * The last one that serves fails too: the one that has been out longest takes its place, for what is known of that is older.
   * @returns whether there is one.
   */
  #relieve (last: Target): boolean {
    if (!last.inService || this.#othersServe(last)) return false
    let longest: [Target, Conduct] | undefined
    for (const [target, conduct] of this.#conduct) {
      if (target.onlyEjected && conduct.timer !== null && (longest === undefined || conduct.ejectedAt < longest[1].ejectedAt)) longest = [target, conduct]
    }
    if (longest === undefined || this.#options.clock.now() - longest[1].ejectedAt < SHORTEST_TURN) return false
    // Its time was cut short, so it does not count: an outage of a minute must not drive all to the longest ejection.
    longest[1].ejections--
    this.#return(...longest)
    return true
  }

  #othersServe (target: Target): boolean {
    return this.#options.pool.targets.some(other => other !== target && other.inService)
  }

  #eject (target: Target, conduct: Conduct, reason: string): void {
    const { ejection, maxEjection } = this.#rules
    const { random } = this.#options
    this.#atone(conduct)
    target.counts.ejections++
    conduct.ejections = Math.min(conduct.ejections + 1, Math.ceil(maxEjection / ejection))
    const length = Math.min(ejection * conduct.ejections, maxEjection) * (1 + JITTER * (2 * random() - 1))
    this.#exclude(target, conduct, reason, length)
  }

  /** Time in service since its return speaks for it. Called once per time out, at its beginning. */
  #atone (conduct: Conduct): void {
    const { ejection } = this.#rules
    conduct.ejections = Math.max(0, conduct.ejections - Math.floor((this.#options.clock.now() - conduct.returnedAt) / ejection))
  }

  #exclude (target: Target, conduct: Conduct, reason: string, length: number): void {
    const { clock, observer } = this.#options
    conduct.ejectedAt = clock.now()
    conduct.timer = clock.after(length, () => { this.#return(target, conduct) })
    this.#ejected++
    target.judge('passive', false)
    observer.onEject(target, reason, length, conduct.ejections)
  }

  #return (target: Target, conduct: Conduct): void {
    const { clock, observer } = this.#options
    conduct.timer?.cancel()
    conduct.timer = null
    conduct.returnedAt = clock.now()
    this.#ejected--
    this.#forgive(conduct)
    target.judge('passive', true)
    observer.onReturn(target)
  }

  #forgive (conduct: Conduct): void {
    conduct.consecutive = 0
    conduct.window?.clear()
  }
}

/** What a gateway says when the service behind it fails. A 500 is the service's own word and may be meant. */
function isGatewayFailure (outcome: Outcome, statuses: readonly number[]): boolean {
  return outcome.kind === 'failure' || (outcome.kind === 'response' && statuses.includes(outcome.status))
}

/** A share of the targets, rounded down, but one at least, so that a small pool is guarded too. */
function mostEjected (targets: number, share: number): number {
  // A share such as 0.29 of 100 comes out a hair below 29.
  return share === 0 ? 0 : Math.max(1, Math.floor(targets * share + 1e-9))
}

function rowOf ({ consecutive }: Conduct): string {
  return consecutive === 1 ? '1 failure' : `${consecutive} failures in a row`
}

function rateOf ({ window }: Conduct): string {
  return `${window?.failures ?? 0} of its last ${window?.outcomes ?? 0} requests failed`
}

function nameOf (outcome: Outcome): string {
  switch (outcome.kind) {
    case 'failure': return `${outcome.error.code} (${outcome.error.message})`
    case 'response': return `status ${outcome.status}`
    case 'cancelled': return 'cancelled'
  }
}
