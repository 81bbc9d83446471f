import type { FailureCode } from '../base/errors.js'
import { failureSamples } from './failure-samples.js'
import { eachOf, seconds, type Metric, type Sample } from './metric.js'
import { DURATION_BUCKETS, type RouteSnapshot, type Snapshot } from './snapshot.js'

/** What is written before there is any, for a rate misses what a series begins with. Upgrades are only there where somebody asks for them. */
const CLASSES = ['2xx', '3xx', '4xx', '5xx'] as const
const COMMON: readonly FailureCode[] = [
  'connection_refused', 'connection_timeout', 'connection_terminated', 'http_response_timeout', 'http_response_incomplete',
  'destination_unavailable', 'connection_limit_reached', 'queue_timeout', 'queue_full', 'request_timeout', 'client_closed'
]

/** Of each route. */
export const routeMetrics: readonly Metric[] = [
  {
    name: 'headrace_requests_total',
    type: 'counter',
    help: 'Requests of clients by class of the status they got: 1xx (upgrades) to 5xx. The target is that of the last attempt, empty if there was none or it had left its pool.',
    labels: ['route', 'pool', 'target', 'status'],
    samples: snapshot => eachOf(snapshot.routes, route => requests(route, snapshot))
  },
  {
    name: 'headrace_failures_total',
    type: 'counter',
    help: 'Requests of clients that did not end with a whole response, by side (target, proxy, client) and code. What a retry has mended is not among them.',
    labels: ['route', 'pool', 'side', 'code'],
    samples: ({ routes }) => routes.flatMap(route => failureSamples(labelsOf(route), route.failures, COMMON))
  },
  {
    name: 'headrace_request_duration_seconds',
    type: 'histogram',
    help: 'Time from the head of a request to the end of its response, in seconds; for upgrades to the answer.',
    labels: ['route', 'pool', 'le'],
    samples: ({ routes }) => routes.flatMap(histogram)
  },
  {
    name: 'headrace_route_inflight',
    type: 'gauge',
    help: 'Requests under way on the route, those that wait for a target included.',
    labels: ['route', 'pool'],
    samples: ({ routes }) => routes.map(route => ({ labels: labelsOf(route), value: route.inflight }))
  }
]

function labelsOf ({ name, pool }: RouteSnapshot): { readonly route: string, readonly pool: string } {
  return { route: name, pool }
}

/** With zeros for each target that the route's pool has, and for none: as many as the config allows for, and no more. */
function requests (route: RouteSnapshot, { pools }: Snapshot): Sample[] {
  const labels = labelsOf(route)
  const urls = pools.find(({ name }) => name === route.pool)?.targets.map(({ url }) => url) ?? []
  const zeros = [...urls, ''].flatMap(target => CLASSES.map(status => ({ target, status, count: 0 })))
  const samples = [...zeros, ...route.requests].map(({ target, status, count }) => [`${status} ${target}`, { labels: { ...labels, target, status }, value: count }] as const)
  return [...new Map<string, Sample>(samples).values()]
}

/** Prometheus counts in each bucket all that are in those before it too. */
function histogram (route: RouteSnapshot): Sample[] {
  const labels = labelsOf(route)
  let count = 0
  const buckets = route.durations.buckets.map((inBucket, i) => {
    count += inBucket
    const bound = DURATION_BUCKETS[i]
    return { labels: { ...labels, le: bound === undefined ? '+Inf' : String(seconds(bound)) }, value: count, suffix: '_bucket' }
  })
  return [...buckets, { labels, value: seconds(route.durations.sum), suffix: '_sum' }, { labels, value: count, suffix: '_count' }]
}
