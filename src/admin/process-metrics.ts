import { seconds, type Metric } from './metric.js'
import type { ProcessSnapshot, Snapshot } from './snapshot.js'

/** Of the proxy as a whole, and of each of its processes. */
export const processMetrics: readonly Metric[] = [
  {
    name: 'headrace_build_info',
    type: 'gauge',
    help: 'Always 1. The labels tell the version of the proxy and of Node.',
    labels: ['version', 'node'],
    samples: ({ build }) => [{ labels: { version: build.version, node: build.node }, value: 1 }]
  },
  single('headrace_start_time_seconds', 'gauge', 'When the proxy was started, in seconds since 1970.', ({ startedAt }) => seconds(startedAt)),
  single('headrace_client_connections', 'gauge', 'Client connections that stand, tunnels included.', ({ connections }) => connections),
  single('headrace_draining', 'gauge', '1 while the proxy is shutting down, else 0.', ({ draining }) => Number(draining)),
  single('headrace_unrouted_requests_total', 'counter', 'Requests that no route was for: they got 404, and are counted nowhere else.', ({ unrouted }) => unrouted),
  single('headrace_refused_requests_total', 'counter', 'Requests that were refused without looking for a route: they could not be read, or may not be served (400, 405, 408, 413, 431, 501, 505), or no worker process could take their connection (503).', ({ refused }) => refused),
  single('headrace_worker_restarts_total', 'counter', 'Worker processes that died and were replaced.', ({ workerRestarts }) => workerRestarts),
  {
    name: 'headrace_reloads_total',
    type: 'counter',
    help: 'Reloads of the config. Result: success, failure.',
    labels: ['result'],
    samples: ({ reloads }) => [
      { labels: { result: 'success' }, value: reloads.succeeded },
      { labels: { result: 'failure' }, value: reloads.failed }
    ]
  },
  single('headrace_config_last_reload_successful', 'gauge', '0 if the last reload was refused, else 1.', ({ reloads: { last } }) => Number(last?.ok ?? true)),
  single('headrace_config_last_reload_success_timestamp_seconds', 'gauge',
    'When the config that runs was read, in seconds since 1970. Absent while the last reload was a refused one.',
    ({ reloads: { last }, startedAt }) => last === null ? seconds(startedAt) : last.ok ? seconds(last.at) : null),
  ofProcesses('headrace_process_start_time_seconds', 'gauge', 'When the process was started, in seconds since 1970.', ({ startedAt }) => seconds(startedAt)),
  ofProcesses('headrace_process_cpu_seconds_total', 'counter', 'CPU time of the process, user and system, in seconds.', ({ cpuSeconds }) => cpuSeconds),
  ofProcesses('headrace_process_resident_memory_bytes', 'gauge', 'Memory that the process takes up, in bytes.', ({ memoryBytes }) => memoryBytes),
  ofProcesses('headrace_process_client_connections', 'gauge', 'Client connections of the process.', ({ connections }) => connections),
  ofProcesses('headrace_event_loop_utilization_ratio', 'gauge', 'Share of the last seconds in which the event loop was at work, 0 to 1.', ({ eventLoop }) => eventLoop.utilization),
  {
    name: 'headrace_event_loop_lag_seconds',
    type: 'summary',
    help: 'How late the event loop was in the last seconds, in seconds. Quantile 1 is the longest.',
    labels: ['process', 'quantile'],
    samples: ({ processes }) => processes.flatMap(one => {
      const { p50, p99, max } = one.eventLoop
      return [['0.5', p50] as const, ['0.99', p99] as const, ['1', max] as const]
        .map(([quantile, value]) => ({ labels: { process: nameOf(one), quantile }, value: seconds(value) }))
    })
  }
]

/** A metric of one value; null = there is none at the moment. */
function single (name: string, type: Metric['type'], help: string, valueOf: (snapshot: Snapshot) => number | null): Metric {
  return {
    name,
    type,
    help,
    labels: [],
    samples: snapshot => {
      const value = valueOf(snapshot)
      return value === null ? [] : [{ labels: {}, value }]
    }
  }
}

function ofProcesses (name: string, type: Metric['type'], help: string, valueOf: (one: ProcessSnapshot) => number): Metric {
  return { name, type, help, labels: ['process'], samples: ({ processes }) => processes.map(one => ({ labels: { process: nameOf(one) }, value: valueOf(one) })) }
}

/** There are many workers, one after the other too, but one of the others. */
function nameOf ({ role, pid }: ProcessSnapshot): string {
  return role === 'worker' ? `worker-${pid}` : role
}
