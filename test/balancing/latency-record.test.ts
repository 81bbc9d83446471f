import fc from 'fast-check'
import t from 'tap'
import { LatencyRecord, type LatencyRule } from '../../src/balancing/latency-record.js'
import type { Flight } from '../../src/balancing/strategy.js'

const mean: LatencyRule = { decay: 10_000, errorLatency: 1000, peak: false }
const peak: LatencyRule = { ...mean, peak: true }

/** One request from `at` on. */
function answered (record: LatencyRecord, at: number, latency: number, failed = false): void {
  record.began(at).answered(at + latency, failed)
}

function near (actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= 1e-9 * Math.max(1, expected)
}

t.test('the first answer is the average', async t => {
  for (const rule of [mean, peak]) {
    const record = new LatencyRecord(rule)
    t.equal(record.measured, false)
    t.equal(record.average(5), 0)
    answered(record, 100, 30)
    t.equal(record.measured, true)
    t.equal(record.average(130), 30)
  }
})

t.test('without samples it decays', async t => {
  const record = new LatencyRecord(peak)
  answered(record, 0, 30)
  t.ok(near(record.average(10_030), 30 / Math.E))
  t.ok(near(record.average(100_030), 30 * Math.exp(-10)))
  t.ok(near(record.average(10_030), 30 / Math.E), 'looking changes nothing')
})

t.test('an answer moves it as far as the time since the last one says; a peak replaces it', async t => {
  for (const [rule, latency, expected] of [
    [mean, 10, 100 / Math.E + 10 * (1 - 1 / Math.E)],
    [mean, 1000, 100 / Math.E + 1000 * (1 - 1 / Math.E)],
    [peak, 10, 100 / Math.E + 10 * (1 - 1 / Math.E)],
    [peak, 1000, 1000]
  ] as const) {
    const record = new LatencyRecord(rule)
    answered(record, 0, 100)
    record.began(10_100 - latency).answered(10_100, false)
    t.ok(near(record.average(10_100), expected), `${record.average(10_100)}`)
  }
})

t.test('a longer answer never makes a lower average', async t => {
  const time = fc.nat(60_000)
  t.doesNotThrow(() => fc.assert(fc.property(fc.boolean(), fc.nat(5000), time, fc.nat(5000), fc.nat(5000), (peak, before, pause, a, b) => {
    const after = (latency: number): number => {
      const record = new LatencyRecord({ ...mean, peak })
      answered(record, 0, before)
      const at = before + pause + 5000
      record.began(at - latency).answered(at, false)
      return record.average(at)
    }
    return after(Math.min(a, b)) <= after(Math.max(a, b)) + 1e-9
  })))
})

t.test('a failure counts as the error latency, or as long as it took', async t => {
  for (const [latency, expected] of [[1, 1000], [5000, 5000]] as const) {
    const record = new LatencyRecord(peak)
    answered(record, 0, latency, true)
    t.equal(record.average(latency), expected)
  }
})

t.test('one that was abandoned raises the average or leaves it alone, at once and ever after', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.boolean(), fc.option(fc.nat(5000)), fc.nat(60_000), fc.nat(60_000), fc.nat(60_000), (peak, known, pause, waited, later) => {
    const record = new LatencyRecord({ ...mean, peak })
    const other = new LatencyRecord({ ...mean, peak })
    if (known !== null) for (const each of [record, other]) answered(each, 0, known)
    const begin = (known ?? 0) + pause
    record.began(begin).abandoned(begin + waited)
    const at = begin + waited + later
    return record.average(at) >= other.average(at) - 1e-9 && record.measured === other.measured &&
      (waited > other.average(begin + waited) || record.average(at) === other.average(at))
  })))
})

t.test('one that waited for longer than the average before it was abandoned counts as if it had been answered', async t => {
  for (const rule of [mean, peak]) {
    const record = new LatencyRecord(rule)
    const other = new LatencyRecord(rule)
    for (const each of [record, other]) answered(each, 0, 20)
    record.began(1000).abandoned(3000)
    other.began(1000).answered(3000, false)
    t.ok(record.average(3000) > 300)
    t.equal(record.average(3000), other.average(3000))
  }
})

t.test('the age is that of the oldest request, whichever end first', async t => {
  const step = fc.record({ pause: fc.nat(50), which: fc.nat(20), abandons: fc.boolean() })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(step, { maxLength: 100, size: 'max' }), steps => {
    const record = new LatencyRecord(peak)
    const open: Array<{ readonly flight: Flight, readonly begun: number }> = []
    let now = 0
    return steps.every(({ pause, which, abandons }) => {
      now += pause
      const [ended] = which < open.length ? open.splice(which, 1) : []
      if (ended === undefined) open.push({ flight: record.began(now), begun: now })
      else if (abandons) ended.flight.abandoned(now)
      else ended.flight.answered(now, false)
      return record.age(now + 1) === (open[0] === undefined ? 0 : now + 1 - open[0].begun)
    })
  })))
})
