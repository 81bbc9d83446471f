import type { Clock } from '../base/clock.js'
import { judges, type Judge, type Target } from '../upstream/target.js'
import type { TimeSum } from '../upstream/time-sum.js'
import { bySide } from './by-side.js'
import type { TargetSnapshot, TimeSnapshot } from './snapshot.js'

/** What is known of a target now. @param forwards does this process send it requests? */
export function targetSnapshot (target: Target, clock: Clock, forwards: boolean): TargetSnapshot {
  const { counts, service } = target
  const interruptions = bySide(counts.interruptions)
  const [, ones, twos, threes, fours, fives] = counts.responses
  return {
    url: target.url,
    state: target.state,
    vetoedBy: vetoesOf(target),
    weight: target.fullWeight,
    slowStartShare: target.share,
    priority: target.priority,
    zone: target.zone,
    maxConnections: target.maxConnections,
    adaptiveLimit: forwards ? target.adaptive?.limit ?? null : null,
    inflight: target.inflight,
    inflightMax: counts.inflightMax,
    requests: counts.requests,
    retries: counts.retries,
    responses: { 1: ones, 2: twos, 3: threes, 4: fours, 5: fives },
    failures: Object.fromEntries(counts.failures),
    cancelled: counts.cancelled,
    interruptions: { proxy: interruptions.proxy, client: interruptions.client },
    stale: counts.stale,
    bytesIn: counts.bytesIn,
    bytesOut: counts.bytesOut,
    connections: { ...counts.connections },
    times: { connect: times(counts.connectTimes), head: times(counts.headTimes), total: times(counts.totalTimes) },
    lastCheck: counts.lastCheck,
    checks: { passed: counts.passedChecks.count, failed: counts.failedChecks.count, times: { passed: times(counts.passedChecks), failed: times(counts.failedChecks) } },
    ejections: counts.ejections,
    downtime: service.downtime(clock.now()),
    since: service.since
  }
}

/** Who speaks against it. To take away all weight is to drain it, and whoever does that is an admin, by hand or in the config. */
function vetoesOf (target: Target): readonly Judge[] {
  const { vetoedBy } = target
  return target.fullWeight > 0 ? vetoedBy : judges.filter(judge => judge === 'admin' || vetoedBy.includes(judge))
}

function times ({ count, sum, max }: TimeSum): TimeSnapshot {
  return { count, sum, max }
}
