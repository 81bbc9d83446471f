import type { LoadReport } from './load-report.js'
import type { Candidate, Flight, Follower } from './strategy.js'

/** Shortest time between two reports that is measured, in milliseconds: backends speak of a second or longer. */
const SHORTEST = 1000
/** Time in which an old measurement loses about two thirds of its weight, in milliseconds. */
const DECAY = 10_000
/** Below this utilisation what a backend does besides requests counts for too much. */
const LEAST_UTILIZATION = 0.05

/** How reports are read. Times in milliseconds. */
export interface GaugeRules {
  /** A target's reports are not used for so long after its first one. */
  readonly blackout: number
  /** Beyond this age a report does not count. */
  readonly expiry: number
  /** By how much a target on which all requests fail looks busier; 1 = by its whole capacity. */
  readonly errorPenalty: number
}

/** Counts as they were when a report came. */
interface Mark {
  readonly at: number
  readonly requests: number | null
  readonly began: number
  readonly answered: number
  readonly failed: number
}

/**
 * What one candidate's reports say: how many requests per second it could bear, and how many it has from others than us. It stands for the candidate in
 * a strategy that goes by requests under way and weight.
 *
 * Capacity is the rate of requests between two reports over the utilisation, as in gRPC's weighted round robin (proposal A58). The rate is the
 * backend's own count, as the utilisation comes from all its clients; without that it is ours. Unlike A58 a utilisation near zero tells nothing:
 * the capacity would follow the traffic, and the traffic the capacity.
 */
export class LoadGauge implements Candidate, Follower, Flight {
  /** What its weight is multiplied with. */
  share = 1
  /** Requests of others that it is taken to have. */
  elsewhere = 0
  readonly #candidate: Candidate
  readonly #rules: GaugeRules
  readonly #changed: () => void
  #began = 0
  #answered = 0
  #failed = 0
  #last: Mark | null = null
  /** When the first report came of those that do not expire between two. */
  #since = 0
  #capacity: number | null = null
  #capacityAt = 0
  #foreign: number | null = null
  #foreignAt = 0

  /** @param changed called when a report may have changed what it says. */
  constructor (candidate: Candidate, rules: GaugeRules, changed: () => void) {
    this.#candidate = candidate
    this.#rules = rules
    this.#changed = changed
  }

  get id (): string { return this.#candidate.id }
  get weight (): number { return this.#candidate.weight * this.share }
  get inflight (): number { return this.#candidate.inflight + this.elsewhere }

  began (): Flight {
    this.#began++
    return this
  }

  answered (_at: number, failed: boolean): void {
    this.#answered++
    if (failed) this.#failed++
  }

  abandoned (): void {}

  reported (report: LoadReport, at: number): void {
    const last = this.#last
    if (last === null || at - last.at > this.#rules.expiry || hasRestarted(report, last)) {
      this.#startOver(report, at)
      return
    }
    const elapsed = at - last.at
    if (elapsed < SHORTEST) return
    const now = this.#mark(report, at)
    if (at - this.#since < this.#rules.blackout) return
    const part = 1 - Math.exp(-elapsed / DECAY)
    this.#foreign = moved(this.#foreign, Math.max(0, report.inflight - this.#candidate.inflight), part)
    this.#foreignAt = at
    const capacity = this.#measured(report.utilization, last, now)
    if (capacity !== null) {
      this.#capacity = moved(this.#capacity, capacity, part)
      this.#capacityAt = at
    }
    this.#changed()
  }

  /** Requests per second that it could bear; null = its reports do not tell. */
  capacity (now: number): number | null {
    return now - this.#capacityAt <= this.#rules.expiry ? this.#capacity : null
  }

  /** Requests of others that it has under way; null = its reports do not tell. */
  foreign (now: number): number | null {
    return now - this.#foreignAt <= this.#rules.expiry ? this.#foreign : null
  }

  /** The next time after which it says something else without a new report. */
  validUntil (now: number): number {
    const ends = [this.#capacity === null ? Infinity : this.#capacityAt, this.#foreign === null ? Infinity : this.#foreignAt]
    return Math.min(...ends.map(at => at + this.#rules.expiry).filter(end => end >= now), Infinity)
  }

  #startOver (report: LoadReport, at: number): void {
    this.#since = at
    this.#capacity = null
    this.#foreign = null
    this.#mark(report, at)
    this.#changed()
  }

  #mark ({ requests }: LoadReport, at: number): Mark {
    this.#last = { at, requests, began: this.#began, answered: this.#answered, failed: this.#failed }
    return this.#last
  }

  #measured (utilization: number, from: Mark, to: Mark): number | null {
    const requests = from.requests === null || to.requests === null ? to.began - from.began : to.requests - from.requests
    const answered = to.answered - from.answered
    const failing = answered === 0 ? 0 : (to.failed - from.failed) / answered
    const busy = utilization + failing * this.#rules.errorPenalty
    return requests > 0 && busy >= LEAST_UTILIZATION ? requests / (to.at - from.at) * 1000 / busy : null
  }
}

/** A count that goes backwards is that of another process. */
function hasRestarted ({ requests }: LoadReport, { requests: before }: Mark): boolean {
  return requests !== null && before !== null && requests < before
}

function moved (old: number | null, to: number, part: number): number {
  return old === null ? to : old + (to - old) * part
}
