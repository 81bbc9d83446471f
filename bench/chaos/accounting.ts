import { percentile } from '../statistics.js'
import { duplicates, type Entry } from './ledger.js'
import { hasFailed, type Sample } from './sample.js'
import type { Outage } from './timeline.js'

/** All that one run of one scenario against one proxy left behind. Times are milliseconds since the epoch. */
export interface Observation {
  readonly samples: readonly Sample[]
  readonly entries: readonly Entry[]
  readonly outages: readonly Outage[]
  /** Requests before this are warm-up. */
  readonly counted: number
  readonly event: number
  /** When all was well again. */
  readonly recovery: number
  /** The part of the time after it that counts as `during`. */
  readonly settle: number
  /** Requests open when all clients had their answers: within the proxy if it tells, or else at the backends. */
  readonly inflight: number
}

/** What a run comes to. Milliseconds; NaN = cannot be told. */
export interface Account {
  readonly requests: number
  readonly failedGets: number
  readonly failedPosts: number
  /** Failures of requests that began after everything had been well for the settling time. */
  readonly lateFailures: number
  readonly duplicates: number
  /** Answered with success by nobody. */
  readonly unseen: number
  /** From the event to the last request that the backend was still given. */
  readonly evicted: number
  /** From its recovery to the first request it was given again. */
  readonly back: number
  readonly p99: { readonly before: number, readonly during: number, readonly after: number }
  readonly inflight: number
  /** How often each kind of failure was seen, as `GET 502`, and in which of the three phases. */
  readonly failures: ReadonlyMap<string, number>
}

export function account (observation: Observation): Account {
  const { samples, entries, outages, counted, event, recovery, settle, inflight } = observation
  const settled = recovery + settle
  const measured = samples.filter(({ begun }) => begun >= counted)
  const failed = measured.filter(hasFailed)
  const phase = (from: number, to: number): number => p99(measured.filter(({ begun }) => begun >= from && begun < to))
  const begun = new Map(samples.map(sample => [sample.id, sample.begun]))
  return {
    requests: measured.length,
    failedGets: failed.filter(({ method }) => method === 'GET').length,
    failedPosts: failed.filter(({ method }) => method === 'POST').length,
    lateFailures: failed.filter(({ begun }) => begun >= settled).length,
    duplicates: duplicates(entries).length,
    unseen: unseen(measured, entries),
    evicted: longest(outages.map(outage => evicted(outage, entries, begun))),
    back: longest(outages.map((outage, index) => back(outage, outages.slice(index + 1), entries))),
    p99: { before: phase(counted, event), during: phase(event, settled), after: phase(settled, Infinity) },
    inflight,
    failures: failures(failed, event, settled)
  }
}

/** Of requests that were answered well: a failure is counted as such. */
function p99 (samples: readonly Sample[]): number {
  const times = samples.filter(sample => !hasFailed(sample)).map(({ took }) => took).sort((a, b) => a - b)
  return percentile(times, 99)
}

function unseen (samples: readonly Sample[], entries: readonly Entry[]): number {
  const seen = new Set(entries.map(({ id }) => id))
  return samples.filter(({ id, ended }) => typeof ended === 'number' && ended < 300 && !seen.has(id)).length
}

/**
 * A stopped process reads what came meanwhile when it goes on: what counts is when the client sent it. For the same reason
 * requests that waited at another target first are held to be sent a little early.
 */
function evicted (outage: Outage, entries: readonly Entry[], begun: ReadonlyMap<string, number>): number {
  if (outage.dead) return Number.NaN
  const given = entries
    .filter(({ backend }) => backend === outage.backend)
    .map(({ id }) => begun.get(id) ?? Number.NaN)
    .filter(at => at >= outage.from && at < (outage.to ?? Infinity))
  return given.length === 0 ? 0 : Math.max(...given) - outage.from
}

function back (outage: Outage, later: readonly Outage[], entries: readonly Entry[]): number {
  const { backend, to } = outage
  // One that went down again before it was given anything says nothing.
  if (to === null || later.some(other => other.backend === backend)) return Number.NaN
  const given = entries.filter(entry => entry.backend === backend && entry.at >= to).map(({ at }) => at - to)
  return given.length === 0 ? Infinity : Math.min(...given)
}

/** The largest of those that can be told. */
function longest (times: readonly number[]): number {
  const known = times.filter(time => !Number.isNaN(time))
  return known.length === 0 ? Number.NaN : Math.max(...known)
}

function failures (failed: readonly Sample[], event: number, settled: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { method, ended, begun, took } of failed) {
    const when = begun + took < event ? 'before' : begun < settled ? 'during' : 'after'
    const kind = `${method} ${ended} ${when}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}
