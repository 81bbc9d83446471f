import { seconds, type Metric, type Sample } from './metric.js'
import { DURATION_BUCKETS, type RouteSnapshot } from './snapshot.js'

/** Of each route. */
export const routeMetrics: readonly Metric[] = [
  {
    name: 'headrace_requests_total',
    type: 'counter',
    help: 'Requests of clients by class of the status they got: 1xx (upgrades) to 5xx. The target is that of the last attempt, empty if there was none.',
    labels: ['route', 'pool', 'target', 'status'],
    samples: ({ routes }) => routes.flatMap(route => route.requests.map(({ target, status, count }) => ({ labels: { ...labelsOf(route), target, status }, value: count })))
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
