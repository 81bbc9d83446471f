import fc from 'fast-check'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { WorkQueue, type Capacity } from '../../bench/saturation/work-queue.js'
import { seededRandom } from '../../src/base/random.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { adaptiveLimitDefaults, adaptiveLimitSchema } from '../../src/upstream/adaptive-limit-schema.js'
import { AdaptiveLimit, type AdaptiveLimitOptions } from '../../src/upstream/adaptive-limit.js'

const create = (options: Partial<AdaptiveLimitOptions> = {}): AdaptiveLimit => new AdaptiveLimit({ ...adaptiveLimitDefaults, ...options }, seededRandom(1))

/** Requests that come at random to a server behind a limit; those beyond it are refused. */
class Simulation {
  readonly clock = new VirtualClock()
  readonly limit: AdaptiveLimit
  readonly server: WorkQueue
  answered = 0
  latencies = 0
  refused = 0
  most = 0
  #inflight = 0
  readonly #random = seededRandom(7)
  /** Factor of each latency, around 1. */
  readonly #noise: number

  constructor (workers: number, limit: AdaptiveLimit, options: { noise?: number, doublesAt?: number } = {}) {
    this.limit = limit
    this.#noise = options.noise ?? 0
    this.server = new WorkQueue(this.clock, { workers, serviceTime: 10, doublesAt: options.doublesAt ?? Infinity })
  }

  change (capacity: Partial<Capacity>): void { this.server.capacity = { ...this.server.capacity, ...capacity } }

  /** `rate` requests per second for so many seconds. */
  run (rate: number, seconds: number): this {
    const end = this.clock.now() + seconds * 1000
    this.answered = this.latencies = this.refused = this.most = 0
    for (;;) {
      const wait = -Math.log(1 - this.#random()) * 1000 / rate
      if (this.clock.now() + wait > end) break
      this.clock.advance(wait)
      this.#arrive()
    }
    this.clock.advance(end - this.clock.now())
    return this
  }

  get meanLatency (): number { return this.latencies / this.answered }

  #arrive (): void {
    if (this.#inflight >= this.limit.limit) {
      this.refused++
      return
    }
    const started = this.clock.now()
    const inflight = ++this.#inflight
    this.most = Math.max(this.most, inflight)
    const finish = (): void => {
      const latency = this.clock.now() - started
      this.#inflight--
      this.answered++
      this.latencies += latency
      this.limit.sample(latency, inflight, false)
    }
    // Part of the latency has nothing to do with load.
    const extra = this.#noise === 0 ? 0 : -Math.log(1 - this.#random()) * this.#noise
    this.server.add(() => { if (extra === 0) finish(); else this.clock.after(extra, finish) })
  }
}

/** Windows of samples that find the target as full as its limit lets it. */
function saturate (limit: AdaptiveLimit, latency: number, samples: number, failed = false): void {
  for (let i = 0; i < samples; i++) limit.sample(latency, limit.limit, failed)
}

/** One whose unloaded latency is known. */
function settled (options: Partial<AdaptiveLimitOptions> = {}, baseline = 10): AdaptiveLimit {
  const limit = create(options)
  for (let i = 0; i < 20; i++) limit.sample(baseline, 1, false)
  return limit
}

for (const workers of [4, 16, 64]) {
  t.test(`${workers} workers at twice their capacity: the limit settles between ${workers} and ${3 * workers}, and all of them work`, t => {
    const simulation = new Simulation(workers, create()).run(workers * 200, 5)
    const limits: number[] = []
    for (let second = 0; second < 20; second++) {
      limits.push(simulation.run(workers * 200, 1).limit.limit)
      t.ok(simulation.answered > workers * 95, `${simulation.answered} answered`)
      t.ok(simulation.meanLatency < 30, `${simulation.meanLatency} ms`)
    }
    t.ok(limits.every(limit => limit >= workers && limit <= 3 * workers), limits.join())
    t.end()
  })
}

t.test('an overload of ten minutes does not raise the limit', t => {
  const simulation = new Simulation(4, create()).run(450, 600)
  t.ok(simulation.limit.limit <= 12, String(simulation.limit.limit))
  t.ok(simulation.limit.baseline < 15, String(simulation.limit.baseline))
  t.ok(simulation.most < 30, `${simulation.most} at once`)
  t.end()
})

t.test('a start under overload, with too high a limit, ends well', t => {
  const simulation = new Simulation(4, create({ initial: 500 })).run(2000, 20).run(2000, 5)
  t.ok(simulation.limit.limit <= 12, String(simulation.limit.limit))
  t.ok(simulation.answered > 1900, String(simulation.answered))
  t.end()
})

t.test('a server that overload makes slower keeps its throughput', t => {
  const unlimited = new Simulation(4, create({ min: 1000, max: 1000 }), { doublesAt: 50 }).run(800, 10).run(800, 5)
  const limited = new Simulation(4, create(), { doublesAt: 50 }).run(800, 10).run(800, 5)
  t.ok(unlimited.answered < 200, String(unlimited.answered))
  t.ok(limited.answered > 5 * 340, String(limited.answered))
  t.end()
})

t.test('latency that varies from request to request does not bring a limit down to where workers idle', t => {
  const simulation = new Simulation(16, create(), { noise: 20 }).run(3200, 10).run(3200, 30)
  t.ok(simulation.answered > 30 * 1600 * 0.8, String(simulation.answered))
  t.ok(simulation.limit.limit <= 160, String(simulation.limit.limit))
  t.end()
})

t.test('a slow phase is followed down and up again', t => {
  const simulation = new Simulation(4, create()).run(800, 5)
  simulation.change({ serviceTime: 40 })
  simulation.run(800, 5)
  t.ok(Math.abs(simulation.limit.baseline - 40) < 4, `slow: ${simulation.limit.baseline} ms`)
  simulation.run(800, 5)
  t.ok(simulation.answered > 480, `slow: ${simulation.answered} of the possible 500`)
  t.ok(simulation.limit.limit <= 12)
  simulation.change({ serviceTime: 10 })
  simulation.run(800, 5)
  t.ok(Math.abs(simulation.limit.baseline - 10) < 1, `quick again: ${simulation.limit.baseline} ms`)
  simulation.run(800, 5)
  t.ok(simulation.answered > 1950, `quick again: ${simulation.answered} of the possible 2000`)
  t.ok(simulation.limit.limit >= 4 && simulation.limit.limit <= 12, String(simulation.limit.limit))
  t.end()
})

t.test('more workers, and the limit grows; fewer, and it shrinks', t => {
  const simulation = new Simulation(4, create()).run(5000, 5)
  simulation.change({ workers: 40 })
  simulation.run(5000, 10)
  t.ok(simulation.limit.limit >= 40 && simulation.limit.limit <= 120, String(simulation.limit.limit))
  simulation.change({ workers: 4 })
  simulation.run(5000, 10)
  t.ok(simulation.limit.limit <= 12, String(simulation.limit.limit))
  t.end()
})

t.test('a target that is not busy keeps its limit, whatever its latency does', t => {
  const simulation = new Simulation(16, create()).run(100, 20)
  t.equal(simulation.limit.limit, 20)
  t.equal(simulation.refused, 0)
  simulation.change({ serviceTime: 50 })
  simulation.run(50, 40)
  t.equal(simulation.limit.limit, 20)
  t.ok(Math.abs(simulation.limit.baseline - 50) < 5, String(simulation.limit.baseline))
  t.notOk(simulation.limit.measuring)
  t.end()
})

t.test('without overload nothing is refused once the limit has grown to the need', t => {
  const simulation = new Simulation(100, create()).run(4000, 10).run(4000, 10)
  t.ok(simulation.limit.limit > 40, String(simulation.limit.limit))
  t.ok(simulation.refused < 4000 * 10 * 0.005, `${simulation.refused} refused`)
  t.end()
})

t.test('it starts within its bounds', t => {
  t.equal(create().limit, 20)
  t.equal(create({ max: 10 }).limit, 10)
  t.equal(create({ min: 30 }).limit, 30)
  t.equal(create({ initial: Number.NaN }).limit, 4)
  t.equal(new AdaptiveLimit(adaptiveLimitDefaults).limit, 20)
  t.throws(() => create({ min: 0 }), RangeError)
  t.throws(() => create({ min: 10, max: 9 }), RangeError)
  t.throws(() => create({ min: 1.5 }), RangeError)
  t.throws(() => create({ tolerance: 0.9 }), RangeError)
  t.throws(() => create({ tolerance: Number.NaN }), RangeError)
  t.end()
})

t.test('a full window moves it, once', t => {
  const limit = settled({ initial: 100 })
  saturate(limit, 10, 79)
  t.equal(limit.limit, 100, 'with 99 of 100 samples')
  saturate(limit, 10, 1)
  t.equal(limit.limit, 102, 'it grows by a fifth of its root')
  saturate(limit, 15, 102)
  t.equal(limit.limit, 104, 'latency within the tolerance is fine')
  saturate(limit, 30, 105)
  t.equal(limit.limit, 95, 'twice what is fine: a fifth of the way to half, and the headroom')
  saturate(limit, 100_000, 96)
  t.equal(limit.limit, 88, 'no window says more than half')
  t.end()
})

t.test('a limit that is not half used neither grows nor shrinks', t => {
  const limit = settled({ initial: 100 })
  for (const latency of [1000, 10]) for (let i = 0; i < 1000; i++) limit.sample(latency, 49, false)
  t.equal(limit.limit, 100)
  for (let i = 0; i < 100; i++) limit.sample(10, i === 50 ? 50 : 1, false)
  t.equal(limit.limit, 102)
  t.end()
})

t.test('failures shrink it by their share, and a quick failure is not a low latency', t => {
  const limit = settled({ initial: 100 })
  saturate(limit, 10, 60)
  saturate(limit, 0.1, 20, true)
  t.equal(limit.limit, 80, 'a fifth of the window')
  t.equal(limit.baseline, 10)
  saturate(limit, 0.1, 80, true)
  t.equal(limit.limit, 40, 'all of the window: half')
  for (let i = 0; i < 20; i++) saturate(limit, 0.1, 80, true)
  t.equal(limit.limit, 4)
  t.end()
})

t.test('clients that leave count only if they had waited for too long', t => {
  const limit = settled({ initial: 20 })
  for (let i = 0; i < 100; i++) limit.abandoned(15, 20)
  t.equal(limit.limit, 20)
  for (let i = 0; i < 500; i++) limit.abandoned(250, limit.limit)
  t.equal(limit.limit, 4)
  t.equal(limit.baseline, 10, 'but they do not make a baseline')
  const fresh = create()
  for (let i = 0; i < 100; i++) fresh.abandoned(250, 20)
  t.equal(fresh.limit, 20, 'nor can they be judged without one')
  t.end()
})

t.test('latencies below a millisecond are not told apart', t => {
  const limit = settled({ initial: 100 }, 0.1)
  saturate(limit, 1.4, 80)
  t.equal(limit.limit, 102)
  t.end()
})

t.test('where traffic never lets a target rest, its baseline is measured at min', t => {
  const limit = settled({ initial: 100 })
  let samples = 0
  while (!limit.measuring) {
    saturate(limit, 16, 1)
    if (++samples > 10_000) break
  }
  t.ok(samples < 30 * 110, `after ${samples} samples`)
  t.equal(limit.limit, 4)
  for (let i = 0; i < 50; i++) limit.sample(40, 100, false)
  limit.sample(0, 4, true)
  t.ok(limit.measuring, 'requests from before, and failures, do not count')
  for (let i = 0; i < 10; i++) limit.sample(12, 4, false)
  t.notOk(limit.measuring)
  t.ok(Math.abs(limit.baseline - 12) < 1e-9, 'the new baseline owes nothing to the old one')
  t.ok(limit.limit >= 90, 'the limit is back')
  t.end()
})

t.test('a limit that has doubled makes a measurement due', t => {
  const limit = settled({ initial: 20 })
  while (!limit.measuring && limit.limit < 100) saturate(limit, 10, 1)
  t.ok(limit.measuring)
  for (let i = 0; i < 10; i++) limit.sample(10, 1, false)
  t.ok(limit.limit >= 23 && limit.limit <= 50, String(limit.limit))
  t.end()
})

t.test('targets with the same traffic are not measured in step', t => {
  const random = seededRandom(3)
  const limits = Array.from({ length: 8 }, () => new AdaptiveLimit({ ...adaptiveLimitDefaults, initial: 100 }, random))
  const first = limits.map(limit => {
    let samples = 0
    for (; !limit.measuring && samples < 10_000; samples++) limit.sample(16, samples === 0 ? 1 : limit.limit, false)
    return samples
  })
  t.ok(new Set(first).size >= 4, first.join())
  t.end()
})

t.test('whatever it is told, it stays an integer between min and max', t => {
  const value = fc.oneof(fc.double(), fc.double({ min: 0, max: 1000 }), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 5e-324, 1.7e308))
  const event = fc.record({ latency: value, inflight: fc.oneof(value, fc.integer({ min: 0, max: 1000 })), kind: fc.constantFrom('ok', 'ok', 'failed', 'left'), times: fc.integer({ min: 1, max: 60 }) })
  const options = fc.record({
    min: fc.integer({ min: 1, max: 50 }), span: fc.integer({ min: 0, max: 500 }), initial: fc.oneof(fc.integer(), fc.double()), tolerance: fc.double({ min: 1, max: 10, noNaN: true })
  })
  t.doesNotThrow(() => fc.assert(fc.property(options, fc.array(event, { maxLength: 60 }), ({ min, span, initial, tolerance }, events) => {
    const limit = new AdaptiveLimit({ min, max: min + span, initial, tolerance }, seededRandom(1))
    const holds = (): boolean => Number.isInteger(limit.limit) && limit.limit >= min && limit.limit <= min + span && limit.baseline >= 0
    for (const { latency, inflight, kind, times } of events) {
      for (let i = 0; i < times; i++) {
        if (kind === 'left') limit.abandoned(latency, inflight)
        else limit.sample(latency, inflight, kind === 'failed')
        if (!holds()) return false
      }
    }
    return true
  }), { numRuns: 200 }))
  t.end()
})

t.test('from any state, quick answers bring it up and slow ones down', t => {
  const event = fc.record({ latency: fc.double({ min: 0, max: 1000, noNaN: true }), inflight: fc.integer({ min: 1, max: 100 }), failed: fc.boolean() })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(event, { maxLength: 300 }), events => {
    const limit = create({ max: 50 })
    for (const { latency, inflight, failed } of events) limit.sample(latency, inflight, failed)
    for (let i = 0; i < 20; i++) limit.sample(10, 1, false)
    for (let i = 0; i < 20_000 && limit.limit < 50; i++) limit.sample(10, limit.limit, false)
    if (limit.limit !== 50) return false
    // As long as the limit is above 4, a latency in proportion to it: one worker.
    for (let i = 0; i < 20_000; i++) limit.sample(10 * limit.limit, limit.limit, false)
    return limit.measuring || limit.limit <= 12
  }), { numRuns: 50 }))
  t.end()
})

t.test('the config key is a boolean or an object', t => {
  const schema = Compile(adaptiveLimitSchema)
  for (const good of [true, false, {}, { min: 1, max: 1, initial: 1, tolerance: 1 }, adaptiveLimitDefaults]) t.ok(schema.Check(good), JSON.stringify(good))
  for (const bad of [null, 1, 'true', { min: 0 }, { max: 1.5 }, { tolerance: 0.9 }, { initial: '20' }, { other: 1 }]) t.notOk(schema.Check(bad), JSON.stringify(bad))
  t.end()
})
