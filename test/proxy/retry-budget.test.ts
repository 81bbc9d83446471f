import fc from 'fast-check'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { RetryBudget, retryBudgetDefaults } from '../../src/proxy/retry-budget.js'

function create (rules = retryBudgetDefaults) {
  const clock = new VirtualClock()
  const budget = new RetryBudget(clock, rules)
  const requests = (count: number): void => { for (let i = 0; i < count; i++) budget.request() }
  /** How many retries it grants in one go. */
  const granted = (): number => {
    let count = 0
    while (count < 10_000 && budget.take()) count++
    return count
  }
  return { clock, budget, requests, granted }
}

t.test('a route with little traffic may retry, three times a second on average', async t => {
  const { clock, requests, granted } = create()
  t.equal(granted(), 30, 'no request at all')
  t.equal(granted(), 0)
  clock.advance(9999)
  requests(10)
  t.equal(granted(), 0)
  clock.advance(1)
  t.equal(granted(), 30)
})

t.test('above that it is a share of the requests', async t => {
  for (const [seen, expected] of [[149, 30], [150, 30], [154, 30], [155, 31], [1000, 200]] as const) {
    const { requests, granted } = create()
    requests(seen)
    t.equal(granted(), expected, `${seen} requests`)
  }
})

t.test('requests pay for ten seconds, and refusals cost nothing', async t => {
  const { clock, budget, requests, granted } = create()
  requests(1000)
  clock.advance(5000)
  requests(1000)
  t.equal(granted(), 400)
  for (let i = 0; i < 100; i++) budget.take()
  clock.advance(5000)
  t.equal(granted(), 0, '400 retries on 1,000 requests')
  clock.advance(5000)
  t.equal(granted(), 30, 'both forgotten')
})

t.test('takes other rules, and none at all', async t => {
  const generous = create({ share: 1, minimumPerSecond: 0 })
  t.equal(generous.granted(), 0)
  generous.requests(7)
  t.equal(generous.granted(), 7)
  const none = create({ share: 0, minimumPerSecond: 0 })
  none.requests(1000)
  t.equal(none.granted(), 0)
})

t.test('within any ten seconds no more is granted than the rules say', async t => {
  const steps = fc.array(fc.record({ pause: fc.nat(2500), requests: fc.nat(400), retries: fc.nat(120) }), { maxLength: 40 })
  t.doesNotThrow(() => fc.assert(fc.property(steps, steps => {
    const { clock, budget, requests } = create()
    const seen: Array<readonly [at: number, requests: number, retries: number]> = []
    return steps.every(step => {
      clock.advance(step.pause)
      requests(step.requests)
      let granted = 0
      for (let i = 0; i < step.retries; i++) if (budget.take()) granted++
      const second = Math.floor(clock.now() / 1000)
      seen.push([second, step.requests, granted])
      const recent = seen.filter(([at]) => at > second - 10)
      const sum = (part: 1 | 2): number => recent.reduce((sum, entry) => sum + entry[part], 0)
      const allowed = Math.floor(Math.max(30, sum(1) * 0.2))
      // Either all that was asked for, or as many as there may be; and none if there were too many already.
      return granted === 0 || sum(2) <= allowed ? granted === step.retries || sum(2) >= allowed : false
    })
  }), { numRuns: 50 }))
})

t.test('what is left, and what was refused', async t => {
  const { budget, requests } = create({ share: 0.5, minimumPerSecond: 0.1 })
  t.equal(budget.left, 1)
  requests(10)
  t.equal(budget.left, 5)
  budget.take()
  t.equal(budget.left, 4)
  t.equal(budget.refused, 0)
  while (budget.take());
  budget.configure({ share: 0, minimumPerSecond: 0 })
  t.equal(budget.left, 0, 'never below nothing')
  t.equal(budget.take(), false)
  t.equal(budget.refused, 2)
})
