import { judges, type Judge } from '../upstream/target.js'
import { addCounts, addTimes } from './merging.js'
import type { TargetSnapshot, TargetState } from './snapshot.js'

/** Judges that every process is on its own: what its requests meet, and how many it has. The others are the word of whoever is in charge. */
const EACH_ITS_OWN: readonly Judge[] = ['passive', 'full']

/** One target as two processes see it. @param rank above 0 = `b` has the word, below 0 = `a` has it, 0 = neither, or both. */
export function mergeTargets (a: TargetSnapshot, b: TargetSnapshot, rank: number): TargetSnapshot {
  const word = rank > 0 ? b : a
  const vetoedBy = mergeVetoes(a, b, rank)
  const { url, weight, slowStartShare, priority, zone, maxConnections, downtime, since } = word
  return {
    url,
    state: mergeStates(vetoedBy, rank === 0 ? [a.state, b.state] : [word.state]),
    vetoedBy,
    weight,
    slowStartShare,
    priority,
    zone,
    maxConnections,
    adaptiveLimit: a.adaptiveLimit === null || b.adaptiveLimit === null ? a.adaptiveLimit ?? b.adaptiveLimit : a.adaptiveLimit + b.adaptiveLimit,
    ...mergeCounts(a, b),
    lastCheck: mergeLastChecks(a.lastCheck, b.lastCheck),
    downtime,
    since
  }
}

type Counted = Pick<TargetSnapshot, 'inflight' | 'inflightMax' | 'requests' | 'retries' | 'responses' | 'failures' | 'cancelled' | 'interruptions' | 'stale' | 'bytesIn' | 'bytesOut' | 'connections' | 'times' | 'checks' | 'ejections'>

function mergeCounts (a: Counted, b: Counted): Counted {
  const { connections: c, times: t } = a
  const { connections: d, times: u } = b
  return {
    inflight: a.inflight + b.inflight,
    inflightMax: Math.max(a.inflightMax, b.inflightMax, a.inflight + b.inflight),
    requests: a.requests + b.requests,
    retries: a.retries + b.retries,
    responses: mergeResponses(a.responses, b.responses),
    failures: addCounts(a.failures, b.failures),
    cancelled: a.cancelled + b.cancelled,
    interruptions: { proxy: addCounts(a.interruptions.proxy, b.interruptions.proxy), client: addCounts(a.interruptions.client, b.interruptions.client) },
    stale: a.stale + b.stale,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    connections: { open: c.open + d.open, idle: c.idle + d.idle, opened: c.opened + d.opened, reused: c.reused + d.reused },
    times: { connect: addTimes(t.connect, u.connect), head: addTimes(t.head, u.head), total: addTimes(t.total, u.total) },
    checks: mergeChecks(a.checks, b.checks),
    ejections: a.ejections + b.ejections
  }
}

function mergeResponses (a: TargetSnapshot['responses'], b: TargetSnapshot['responses']): TargetSnapshot['responses'] {
  return { 1: a[1] + b[1], 2: a[2] + b[2], 3: a[3] + b[3], 4: a[4] + b[4], 5: a[5] + b[5] }
}

function mergeChecks (a: TargetSnapshot['checks'], b: TargetSnapshot['checks']): TargetSnapshot['checks'] {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    times: { passed: addTimes(a.times.passed, b.times.passed), failed: addTimes(a.times.failed, b.times.failed) }
  }
}

function mergeVetoes (a: TargetSnapshot, b: TargetSnapshot, rank: number): readonly Judge[] {
  return judges.filter(judge => {
    if (rank === 0 || EACH_ITS_OWN.includes(judge)) return a.vetoedBy.includes(judge) || b.vetoedBy.includes(judge)
    return (rank > 0 ? b : a).vetoedBy.includes(judge)
  })
}

/** @param states those of who has the word: they tell what a veto of the admin or of the health check means. */
function mergeStates (vetoedBy: readonly Judge[], states: readonly TargetState[]): TargetState {
  if (vetoedBy.includes('admin')) return states.includes('maint') ? 'maint' : 'drain'
  // Who is drained does not show whether it has been checked.
  if (vetoedBy.includes('active')) return states.includes('checking') && !states.includes('down') ? 'checking' : 'down'
  if (vetoedBy.includes('passive')) return 'ejected'
  return vetoedBy.includes('full') ? 'full' : 'up'
}

function mergeLastChecks (a: TargetSnapshot['lastCheck'], b: TargetSnapshot['lastCheck']): TargetSnapshot['lastCheck'] {
  if (a === null || b === null) return a ?? b
  return b.at > a.at ? b : a
}
