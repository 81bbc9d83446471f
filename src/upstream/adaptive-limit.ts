import { systemRandom, type Random } from '../base/random.js'

/** How many requests a target may have at once, learnt from how it answers. One object per target. */
export interface ConcurrencyLimit {
  /** Requests at once, an integer of at least 1. Changes only within `sample` and `abandoned`. */
  readonly limit: number
  /**
   * A request got its response head, or failed by the target's fault.
   * @param latencyMs from the lease to the head; of no account if it failed.
   * @param inflightAtStart requests that the target had when this one was leased, itself included.
   */
  sample (latencyMs: number, inflightAtStart: number, failed: boolean): void
  /** The client left before a response head had come. @param latencyMs from the lease until then. */
  abandoned (latencyMs: number, inflightAtStart: number): void
}

export interface AdaptiveLimitOptions {
  readonly min: number
  readonly max: number
  /** Kept within `min` and `max`. */
  readonly initial: number
  /** How many times the unloaded latency is fine; at least 1. */
  readonly tolerance: number
}

/** Samples of a window, at least; a higher limit makes it longer, so that a busy target has about one per round trip. */
const MIN_WINDOW = 20
/** Weight of a window's result, as in Gradient2Limit. */
const SMOOTHING = 0.2
/** No window cuts the limit by more. */
const MAX_CUT = 0.5
/** Latencies below it, in ms, are noise of event loops and schedulers: a target is never taken to be faster. */
const LATENCY_FLOOR = 1
/** Unloaded samples that make a baseline anew, and the number over which it is averaged. */
const FRESH = 10
const MEMORY = 20
/** Busy windows until the baseline is measured again: at first, and at most; each time twice as many. */
const FIRST_INTERVAL = 25
const MAX_INTERVAL = 800
/** A window in which latency is far off brings the measurement so much nearer. */
const HASTE = 8
/** Growth of the limit that calls for a measurement. */
const GROWTH = 2
/** Spread of the intervals, so that the targets of a pool are not measured in step (15 %, as Envoy). */
const JITTER = 0.15

/**
 * A limit that follows the gradient of latency: the latency that the target has when unloaded, times the tolerance, over
 * the mean of the last window. Below 1 the limit shrinks; otherwise it grows by its square root (the headroom of Envoy's
 * gradient controller). The smoothing, the clamp to 0.5..1 and the rule that a limit which is not half used stays as it is
 * are those of Netflix concurrency-limits' Gradient2Limit.
 *
 * Gradient2Limit's baseline is a long-term mean, which drifts up with every overload that lasts. Here it is, as Envoy's
 * minRTT, the mean latency of requests that found the target with at most `min` of them, which light traffic supplies by
 * itself. Where traffic does not, the limit goes down to `min` for some ten requests: after 25 to 800 busy windows, or
 * once the limit has doubled since. A target that is full at 400 requests/s pays 40 ms of that every 40 s.
 *
 * It counts in samples, never in time, so it adapts at the pace of the traffic and needs neither clock nor timer. A sample
 * allocates nothing.
 */
export class AdaptiveLimit implements ConcurrencyLimit {
  readonly #min: number
  readonly #max: number
  readonly #tolerance: number
  readonly #random: Random
  #limit: number
  /** The limit with its fraction; stands still while the baseline is measured. */
  #estimate: number
  #measuring = false

  /** Mean latency of the unloaded target in ms, of how many samples (up to MEMORY), and how many since the last measurement. */
  #baseline = 0
  #weight = 0
  #fresh = 0
  /** Busy windows until the next measurement, the interval after it, and the limit from which on it is due anyway. */
  #windowsLeft: number
  #interval = FIRST_INTERVAL
  #dueAt: number

  /** The window: samples, those that failed, the sum of the others' latencies, the most requests at once. */
  #count = 0
  #failures = 0
  #sum = 0
  #peak = 0

  /** @throws {RangeError} unless 1 <= min <= max, both integers, and tolerance >= 1. */
  constructor (options: AdaptiveLimitOptions, random: Random = systemRandom) {
    const { min, max, initial, tolerance } = options
    if (!Number.isInteger(min) || !Number.isInteger(max) || min < 1 || max < min) throw new RangeError(`an adaptive limit can't go from ${min} to ${max}`)
    if (!(tolerance >= 1)) throw new RangeError(`a tolerance of ${tolerance} is less than 1`)
    this.#min = min
    this.#max = max
    this.#tolerance = tolerance
    this.#random = random
    this.#estimate = clamp(initial, min, max)
    this.#limit = Math.floor(this.#estimate)
    this.#windowsLeft = this.#spread(FIRST_INTERVAL)
    this.#dueAt = this.#spread(GROWTH) * this.#estimate
  }

  get limit (): number { return this.#limit }

  /** Latency of the unloaded target in ms; 0 = not known yet. */
  get baseline (): number { return this.#baseline }

  /** Is the limit down at `min` for the baseline to be measured? */
  get measuring (): boolean { return this.#measuring }

  sample (latencyMs: number, inflightAtStart: number, failed: boolean): void {
    if (failed) {
      this.#failures++
      this.#counted(0, inflightAtStart)
    } else if (latencyMs >= 0 && latencyMs < Infinity) {
      if (inflightAtStart <= this.#min) this.#unloaded(latencyMs)
      this.#counted(latencyMs, inflightAtStart)
    }
  }

  /** Its latency would have been longer still: that counts only if it was too long already. */
  abandoned (latencyMs: number, inflightAtStart: number): void {
    if (this.#baseline > 0 && latencyMs > this.#expected && latencyMs < Infinity) this.#counted(latencyMs, inflightAtStart)
  }

  get #expected (): number { return this.#tolerance * Math.max(this.#baseline, LATENCY_FLOOR) }

  #unloaded (latency: number): void {
    if (this.#weight < MEMORY) this.#weight++
    this.#baseline += (latency - this.#baseline) / this.#weight
    if (++this.#fresh >= FRESH) this.#measured()
  }

  #counted (latency: number, inflight: number): void {
    if (this.#measuring) return
    this.#count++
    this.#sum += latency
    if (inflight > this.#peak) this.#peak = inflight
    if (this.#count >= Math.max(MIN_WINDOW, this.#estimate)) this.#closeWindow()
  }

  #closeWindow (): void {
    if (this.#peak * 2 >= this.#estimate) this.#adjust()
    this.#clearWindow()
  }

  #adjust (): void {
    const answered = this.#count - this.#failures
    // Without a baseline there is nothing to compare with; without an answer, nothing to compare.
    const gradient = answered === 0 || this.#baseline === 0 ? 1 : clamp(this.#expected * answered / this.#sum, MAX_CUT, 1)
    const estimate = this.#estimate
    const failed = this.#failures / this.#count
    let next = estimate + SMOOTHING * (estimate * gradient + Math.sqrt(estimate) - estimate)
    if (failed > 0) next = Math.min(next, estimate) * Math.max(MAX_CUT, 1 - failed)
    this.#estimate = clamp(next, this.#min, this.#max)
    this.#limit = Math.floor(this.#estimate)
    this.#windowsLeft -= gradient === MAX_CUT ? HASTE : 1
    const doubled = this.#estimate >= this.#dueAt
    if (doubled) this.#interval = FIRST_INTERVAL
    else this.#dueAt = Math.min(this.#dueAt, this.#estimate * GROWTH)
    if (doubled || this.#windowsLeft <= 0) this.#measure()
  }

  #measure (): void {
    this.#measuring = true
    this.#limit = this.#min
    this.#weight = 0
    this.#fresh = 0
  }

  #measured (): void {
    this.#fresh = 0
    this.#dueAt = this.#spread(GROWTH) * this.#estimate
    if (this.#measuring) {
      this.#measuring = false
      this.#limit = Math.floor(this.#estimate)
      this.#interval = Math.min(MAX_INTERVAL, this.#interval * 2)
      this.#clearWindow()
    }
    this.#windowsLeft = this.#spread(this.#interval)
  }

  #clearWindow (): void {
    this.#count = 0
    this.#failures = 0
    this.#sum = 0
    this.#peak = 0
  }

  #spread (value: number): number {
    return value * (1 + JITTER * (2 * this.#random() - 1))
  }
}

/** A value that is not a number is taken for the least. */
function clamp (value: number, least: number, most: number): number {
  return value > least ? Math.min(value, most) : least
}
