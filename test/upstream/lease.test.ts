import t from 'tap'
import { ProxyError } from '../../src/base/errors.js'
import { Lease } from '../../src/upstream/lease.js'
import { cancelled, type Outcome } from '../../src/upstream/outcome.js'
import { Target } from '../../src/upstream/target.js'

const target = (): Target => new Target('api', { url: 'http://127.0.0.1:3001' }, () => {})

t.test('counts from the start until the first settlement, which alone is told', async t => {
  const of = target()
  const told: Outcome[] = []
  const lease = new Lease(of, (target, outcome) => {
    t.equal(target, of)
    t.equal(target.inflight, 0, 'the count is right when the observer hears')
    told.push(outcome)
  })
  t.equal(of.inflight, 1)
  t.notOk(lease.settled)
  const failure: Outcome = { kind: 'failure', error: new ProxyError('connection_refused', 'refused') }
  lease.settle(failure)
  lease.settle({ kind: 'response', status: 200 })
  lease.settle(cancelled)
  t.ok(lease.settled)
  t.equal(of.inflight, 0)
  t.strictSame(told, [failure])
})

t.test('an observer that settles again, or throws, does not upset the count', async t => {
  const of = target()
  const again: Lease = new Lease(of, () => { again.settle(cancelled) })
  again.settle(cancelled)
  const throwing = new Lease(of, () => { throw new Error('mine') })
  t.throws(() => { throwing.settle(cancelled) }, /mine/)
  throwing.settle(cancelled)
  t.equal(of.inflight, 0)
})
