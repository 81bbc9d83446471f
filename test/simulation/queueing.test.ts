import t, { type Test } from 'tap'
import { PowerOfTwo } from '../../src/balancing/power-of-two.js'
import { RandomChoice } from '../../src/balancing/random.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { simulate, times } from './world.js'

const exponential = { serviceTime: { distribution: 'exponential', mean: '10ms' } }

/** Mean time in an M/M/c queue: Erlang's formula C for the probability of waiting. */
function meanTime (servers: number, load: number, mean: number): number {
  const offered = load * servers
  let term = 1
  let sum = 1
  for (let n = 1; n < servers; n++) sum += term *= offered / n
  const last = term * offered / servers / (1 - load)
  return mean + last / (sum + last) * mean / (servers * (1 - load))
}

t.test('M/M/1: the mean and the percentiles of the time in the queue', async t => {
  for (const load of [0.5, 0.8]) {
    const { latency } = simulate({ load: { rate: 100 * load }, targets: [{ ...exponential, concurrency: 1 }] }, { until: { requests: 600_000 }, warmUp: 10_000, seed: 3 })
    const expected = meanTime(1, load, 10)
    close(t, expected, 10 / (1 - load), 1e-9, 'the formula')
    close(t, latency?.mean, expected, 0.04, `mean at ${load}`)
    // The time in the queue is itself exponentially distributed.
    close(t, latency?.p50, expected * Math.LN2, 0.04, `p50 at ${load}`)
    close(t, latency?.p99, expected * Math.log(100), 0.06, `p99 at ${load}`)
  }
})

t.test('M/M/c: the mean time in the queue', async t => {
  for (const [servers, load] of [[2, 0.7], [8, 0.9]] as const) {
    const { latency, targets } = simulate({ load: { rate: 100 * servers * load }, targets: [{ ...exponential, concurrency: servers }] }, { until: { requests: 600_000 }, warmUp: 10_000, seed: 4 })
    close(t, latency?.mean, meanTime(servers, load, 10), 0.04, `${servers} servers`)
    close(t, targets[0]?.utilization, load, 0.02, 'utilisation')
  }
})

t.test('M/D/1: constant service times wait half as long', async t => {
  const { latency } = simulate({ load: { rate: 80 }, targets: [{ serviceTime: '10ms', concurrency: 1 }] }, { until: { requests: 400_000 }, warmUp: 10_000 })
  close(t, latency?.mean, 10 + 10 * 0.8 / (2 * 0.2), 0.04, 'mean')
})

t.test('without a limit nobody waits, and what is in flight is rate x time', async t => {
  const { latency, targets } = simulate({ load: { rate: 500 }, targets: [exponential] }, { until: { duration: 200_000 } })
  close(t, latency?.mean, 10, 0.02, 'mean')
  close(t, targets[0]?.utilization, 1 - Math.exp(-5), 0.01, 'share of the time with requests')
})

t.test('a closed loop: clients x rate of each', async t => {
  const { requestsPerSecond, latency } = simulate({ load: { connections: 20 }, targets: times(2, { serviceTime: '10ms' }) }, { overhead: 2 })
  close(t, requestsPerSecond, 20 * 1000 / 12, 0.01, 'requests/s')
  close(t, latency?.p50, 12, 0.001, 'the overhead is part of the latency')
})

t.test('bursts: the mean rate', async t => {
  const { requests } = simulate({ load: { rate: 100, bursts: { every: '1s', length: '200ms', factor: 6 } }, targets: [exponential] }, { until: { duration: 500_000 } })
  close(t, requests / 500, 100 * (1 + 5 * 0.2), 0.02, 'requests/s')
})

t.test('two choices beat one: the longest line is far shorter', async t => {
  const scenario = { load: { rate: 9000 }, targets: times(100, { ...exponential, concurrency: 1 }) }
  const options = { until: { duration: 30_000 }, warmUp: 5000 }
  const random = simulate(scenario, { ...options, strategy: () => new RandomChoice() })
  const two = simulate(scenario, { ...options, strategy: () => new PowerOfTwo() })
  const turn = simulate(scenario, { ...options, strategy: () => new RoundRobin() })
  t.ok((two.latency?.p99 ?? 0) < (random.latency?.p99 ?? 0) / 3, `${two.latency?.p99} against ${random.latency?.p99}`)
  t.ok(two.peakInflight < random.peakInflight / 3)
  t.ok((turn.latency?.p99 ?? 0) < (random.latency?.p99 ?? 0), 'turns are better than chance')
  t.ok((two.latency?.p99 ?? 0) < (turn.latency?.p99 ?? 0), 'and counts better than turns')
})

function close (t: Test, actual: number | undefined, expected: number, share: number, what: string): void {
  const off = (actual ?? Number.NaN) / expected - 1
  t.ok(Math.abs(off) < share, `${what}: ${actual?.toFixed(3)} where ${expected.toFixed(3)} is expected`)
}
