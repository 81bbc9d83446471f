import type { FailureCode } from '../base/errors.js'
import { judges } from '../upstream/target.js'
import { failureSamples } from './failure-samples.js'
import { eachOf, seconds, type Metric, type Sample } from './metric.js'
import type { Snapshot, TargetSnapshot, TimeSnapshot } from './snapshot.js'

const CLASSES = ['1', '2', '3', '4', '5'] as const

/** What is written before there is any, for a rate misses what a series begins with. */
const COMMON: readonly FailureCode[] = ['connection_refused', 'connection_timeout', 'connection_terminated', 'http_response_timeout', 'http_response_incomplete', 'request_timeout', 'client_closed']

/** Of each target of each pool, as long as it belongs to it. */
export const targetMetrics: readonly Metric[] = [
  ofTargets('headrace_target_up', 'gauge', '1 if the target is in service, be it at its limit, else 0: weight 0 is out of service.', ({ state }) => Number(state === 'up' || state === 'full')),
  labelled('headrace_target_healthy', 'gauge', 'judge', '1 if this judge has nothing against the target, else 0. Judge: active (health check), passive (its requests), admin (drain, maintenance, weight 0), full.',
    ({ vetoedBy }) => judges.map(judge => [judge, Number(!vetoedBy.includes(judge))])),
  ofTargets('headrace_target_weight', 'gauge', 'Weight of the target, slow start left out.', ({ weight }) => weight),
  ofTargets('headrace_target_slow_start_ratio', 'gauge', 'Part of its weight that slow start gives the target now, 0 to 1.', ({ slowStartShare }) => slowStartShare),
  ofTargets('headrace_target_max_connections', 'gauge', 'Requests at once that the config allows the target. 0 = no limit.', ({ maxConnections }) => maxConnections),
  ofTargets('headrace_target_adaptive_limit', 'gauge', 'Requests at once that the adaptive limit allows the target now. Absent without such a limit.', ({ adaptiveLimit }) => adaptiveLimit),
  ofTargets('headrace_inflight', 'gauge', 'Requests under way on the target.', ({ inflight }) => inflight),
  ofTargets('headrace_inflight_max', 'gauge', 'The most requests at once on the target, from any one process or now from all.', ({ inflightMax }) => inflightMax),
  ofTargets('headrace_target_requests_total', 'counter', 'Requests given to the target, retries included.', ({ requests }) => requests),
  labelled('headrace_target_responses_total', 'counter', 'status', 'Responses of the target by class of their status: 1xx (upgrades) to 5xx.',
    ({ responses }) => CLASSES.map(digit => [`${digit}xx`, responses[digit]])),
  {
    name: 'headrace_target_failures_total',
    type: 'counter',
    help: 'Requests that failed while they were with the target, by side (target, proxy, client) and code. Retries are counted one by one.',
    labels: ['pool', 'target', 'side', 'code'],
    samples: snapshot => each(snapshot, ({ failures, interruptions }, labels) => failureSamples(labels, { target: failures, ...interruptions }, COMMON))
  },
  ofTargets('headrace_target_cancelled_total', 'counter', 'Requests that ended on the target without a word about it: the client left, or a limit of the proxy ran out. Failures of the sides client and proxy.', ({ cancelled }) => cancelled),
  ofTargets('headrace_target_stale_connections_total', 'counter', 'Requests that met a kept connection which the target had closed: no failure of the target. They are sent again where that is safe.', ({ stale }) => stale),
  ofTargets('headrace_retries_total', 'counter', 'Attempts on the target that were not the first of their request.', ({ retries }) => retries),
  ofTargets('headrace_target_request_body_bytes_total', 'counter', 'Bytes of request bodies sent to the target, and of what tunnels sent.', ({ bytesIn }) => bytesIn),
  ofTargets('headrace_target_response_body_bytes_total', 'counter', 'Bytes of response bodies of the target, and of what came through tunnels.', ({ bytesOut }) => bytesOut),
  ofTargets('headrace_connections_opened_total', 'counter', 'Connections made to the target.', ({ connections }) => connections.opened),
  ofTargets('headrace_connections_reused_total', 'counter', 'Requests that were sent on a connection which had served before.', ({ connections }) => connections.reused),
  ofTargets('headrace_connections_open', 'gauge', 'Connections to the target that stand.', ({ connections }) => connections.open),
  ofTargets('headrace_connections_idle', 'gauge', 'Those of them that serve no request.', ({ connections }) => connections.idle),
  summary('headrace_target_connect_seconds', 'Time until a connection to the target stood, in seconds.', ({ times }) => times.connect),
  summary('headrace_target_head_seconds', 'Time until the head of a response came, from when the target was chosen, in seconds.', ({ times }) => times.head),
  summary('headrace_target_response_seconds', 'Time until a response was complete, from when the target was chosen, in seconds. Tunnels are left out.', ({ times }) => times.total),
  ofTargets('headrace_target_connect_max_seconds', 'gauge', 'The longest time until a connection stood, in seconds.', ({ times }) => seconds(times.connect.max)),
  ofTargets('headrace_target_head_max_seconds', 'gauge', 'The longest time until the head of a response came, in seconds.', ({ times }) => seconds(times.head.max)),
  ofTargets('headrace_target_response_max_seconds', 'gauge', 'The longest time until a response was complete, in seconds.', ({ times }) => seconds(times.total.max)),
  labelled('headrace_checks_total', 'counter', 'result', 'Health checks of the target. Result: pass, fail.', ({ checks }) => [['pass', checks.passed], ['fail', checks.failed]]),
  {
    name: 'headrace_target_check_seconds',
    type: 'summary',
    help: 'Time that health checks of the target took, by result (pass, fail), in seconds.',
    labels: ['pool', 'target', 'result'],
    samples: snapshot => each(snapshot, ({ checks: { times } }, labels) => [...summarySamples({ ...labels, result: 'pass' }, times.passed), ...summarySamples({ ...labels, result: 'fail' }, times.failed)])
  },
  ofTargets('headrace_check_duration_seconds', 'gauge', 'How long the last health check took, in seconds. Absent before the first.', ({ lastCheck }) => lastCheck === null ? null : seconds(lastCheck.tookMs)),
  ofTargets('headrace_check_timestamp_seconds', 'gauge', 'When the last health check ended, in seconds since 1970. Absent before the first.', ({ lastCheck }) => lastCheck === null ? null : seconds(lastCheck.at)),
  ofTargets('headrace_ejections_total', 'counter', 'How often passive health took the target out of service.', ({ ejections }) => ejections),
  ofTargets('headrace_target_downtime_seconds_total', 'counter', 'How long the target was out of service in all, in seconds.', ({ downtime }) => seconds(downtime)),
  ofTargets('headrace_target_state_timestamp_seconds', 'gauge', 'Since when the target is in its present state, in seconds since 1970. To be full begins no new one.', ({ since }) => seconds(since))
]

type Labels = Readonly<Record<string, string>>

function each (snapshot: Snapshot, samplesOf: (target: TargetSnapshot, labels: Labels) => Sample[]): Iterable<Sample> {
  return eachOf(snapshot.pools, pool => eachOf(pool.targets, target => samplesOf(target, { pool: pool.name, target: target.url })))
}

/** One value for each target; null = there is none. */
function ofTargets (name: string, type: Metric['type'], help: string, valueOf: (target: TargetSnapshot) => number | null): Metric {
  return {
    name,
    type,
    help,
    labels: ['pool', 'target'],
    samples: snapshot => each(snapshot, (target, labels) => {
      const value = valueOf(target)
      return value === null ? [] : [{ labels, value }]
    })
  }
}

/** Several values for each target, told from each other by one more label. */
function labelled (name: string, type: Metric['type'], label: string, help: string, valuesOf: (target: TargetSnapshot) => ReadonlyArray<readonly [string, number]>): Metric {
  return {
    name,
    type,
    help,
    labels: ['pool', 'target', label],
    samples: snapshot => each(snapshot, (target, labels) => valuesOf(target).map(([key, value]) => ({ labels: { ...labels, [label]: key }, value })))
  }
}

/** Number and sum: their quotient over a time is the average of that time. */
function summary (name: string, help: string, timesOf: (target: TargetSnapshot) => TimeSnapshot): Metric {
  return {
    name,
    type: 'summary',
    help,
    labels: ['pool', 'target'],
    samples: snapshot => each(snapshot, (target, labels) => summarySamples(labels, timesOf(target)))
  }
}

function summarySamples (labels: Labels, { count, sum }: TimeSnapshot): Sample[] {
  return [{ labels, value: seconds(sum), suffix: '_sum' }, { labels, value: count, suffix: '_count' }]
}
