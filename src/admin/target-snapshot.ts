import type { Clock } from '../base/clock.js'
import type { Target } from '../upstream/target.js'
import type { TimeSum } from '../upstream/time-sum.js'
import type { TargetSnapshot, TargetState, TimeSnapshot } from './snapshot.js'

/** What is known of a target now. @param forwards does this process send it requests? */
export function targetSnapshot (target: Target, clock: Clock, forwards: boolean): TargetSnapshot {
  const { counts, service } = target
  const [, ones, twos, threes, fours, fives] = counts.responses
  return {
    url: target.url,
    state: stateOf(target),
    vetoedBy: target.vetoedBy,
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
    bytesIn: counts.bytesIn,
    bytesOut: counts.bytesOut,
    connections: { ...counts.connections },
    times: { connect: times(counts.connectTimes), head: times(counts.headTimes), total: times(counts.totalTimes) },
    lastCheck: counts.lastCheck,
    checks: { passed: counts.checksPassed, failed: counts.checksFailed },
    ejections: counts.ejections,
    downtime: service.downtime(clock.now()),
    since: service.since
  }
}

/** The state that matters most to people, of those that it is in. */
function stateOf (target: Target): TargetState {
  const vetoes = new Set(target.vetoedBy)
  if (vetoes.has('admin')) return target.maintenance ? 'maint' : 'drain'
  if (vetoes.has('active')) return target.counts.lastCheck === null ? 'checking' : 'down'
  if (vetoes.has('passive')) return 'ejected'
  return vetoes.has('full') ? 'full' : 'up'
}

function times ({ count, sum, max }: TimeSum): TimeSnapshot {
  return { count, sum, max }
}
