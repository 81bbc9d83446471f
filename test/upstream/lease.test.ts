import t from 'tap'
import { systemClock } from '../../src/base/clock.js'
import { ProxyError } from '../../src/base/errors.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import type { ConcurrencyLimit } from '../../src/upstream/adaptive-limit.js'
import { Lease } from '../../src/upstream/lease.js'
import { cancelled, type Outcome } from '../../src/upstream/outcome.js'
import { Target } from '../../src/upstream/target.js'

const failure: Outcome = { kind: 'failure', error: new ProxyError('connection_refused', 'refused') }
const ok: Outcome = { kind: 'response', status: 200 }

const target = (adaptive: ConcurrencyLimit | null = null): Target => new Target('api', { url: 'http://127.0.0.1:3001' }, () => {}, adaptive)

t.test('counts from the start until the first settlement, which alone is told', async t => {
  const of = target()
  const told: Outcome[] = []
  const lease = new Lease(of, (target, outcome) => {
    t.equal(target, of)
    t.equal(target.inflight, 0, 'the count is right when the observer hears')
    told.push(outcome)
  }, systemClock)
  t.equal(of.inflight, 1)
  t.notOk(lease.settled)
  lease.settle(failure)
  lease.settle(ok)
  lease.settle(cancelled)
  t.ok(lease.settled)
  t.equal(of.inflight, 0)
  t.strictSame(told, [failure])
})

t.test('an observer that settles again, or throws, does not upset the count', async t => {
  const of = target()
  const again: Lease = new Lease(of, () => { again.settle(cancelled) }, systemClock)
  again.settle(cancelled)
  const throwing = new Lease(of, () => { throw new Error('mine') }, systemClock)
  t.throws(() => { throwing.settle(cancelled) }, /mine/)
  throwing.settle(cancelled)
  t.equal(of.inflight, 0)
  t.equal(of.awaiting, 0)
})

t.test('awaits a response head until it has come, can\'t be measured, or the lease ends', async t => {
  for (const end of [
    (lease: Lease) => { lease.responded(200) },
    (lease: Lease) => { lease.unmeasured() },
    (lease: Lease) => { lease.settle(cancelled) }
  ]) {
    const of = target()
    const lease = new Lease(of, () => {}, systemClock)
    const other = new Lease(of, () => {}, systemClock)
    t.match(of, { inflight: 2, awaiting: 2 })
    end(lease)
    t.equal(of.awaiting, 1)
    lease.responded(200)
    lease.unmeasured()
    lease.settle(ok)
    t.match(of, { inflight: 1, awaiting: 1 }, 'once, whatever follows')
    other.settle(failure)
    t.match(of, { inflight: 0, awaiting: 0 })
  }
})

/** Writes down what it is told. */
class Notebook implements ConcurrencyLimit {
  readonly limit = 100
  readonly lines: string[] = []
  of: Target | null = null

  sample (latencyMs: number, inflightAtStart: number, failed: boolean): void {
    this.lines.push(`${failed ? 'failed' : 'answered'} after ${latencyMs}, ${inflightAtStart} at its start, ${this.of?.awaiting ?? 0} now`)
  }

  abandoned (latencyMs: number, inflightAtStart: number): void {
    this.lines.push(`abandoned after ${latencyMs}, ${inflightAtStart} at its start`)
  }
}

t.test('tells the adaptive limit when the head comes, with the requests that awaited theirs at its start', async t => {
  const clock = new VirtualClock()
  const notes = new Notebook()
  const of = target(notes)
  notes.of = of
  const lease = (): Lease => new Lease(of, () => {}, clock)
  const first = lease()
  clock.advance(10)
  first.responded(200)
  const second = lease()
  const third = lease()
  clock.advance(20)
  third.settle(failure)
  second.settle(ok)
  clock.advance(1000)
  first.settle(ok)
  t.strictSame(notes.lines, [
    'answered after 10, 1 at its start, 1 now',
    'failed after 20, 2 at its start, 2 now',
    'answered after 20, 1 at its start, 1 now'
  ], 'a download under way is no load, and its end tells nothing')
})

t.test('tells the adaptive limit of who left before a head, of nobody who left later, and of nobody unmeasured', async t => {
  const clock = new VirtualClock()
  const notes = new Notebook()
  const of = target(notes)
  const lease = (): Lease => new Lease(of, () => {}, clock)
  const [early, late, unmeasured] = [lease(), lease(), lease()]
  clock.advance(5)
  late.responded(200)
  unmeasured.unmeasured()
  unmeasured.responded(200)
  unmeasured.settle(failure)
  late.settle(cancelled)
  early.settle(cancelled)
  t.strictSame(notes.lines.slice(1), ['abandoned after 5, 1 at its start'])
  t.equal(of.awaiting, 0)
})
