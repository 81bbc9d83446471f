import t from 'tap'
import { seededRandom } from '../../../src/base/random.js'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import { parseScenario } from '../../../src/simulation/scenario.js'
import { Service } from '../../../bench/strategies/service.js'

function start (target: object) {
  const [parsed] = parseScenario('x', JSON.stringify({ title: 'X', targets: [{ serviceTime: '10ms', ...target }] })).targets
  if (parsed === undefined) throw new Error('there is no target')
  const clock = new VirtualClock()
  const service = new Service(parsed, clock, seededRandom(1))
  const answers: Array<[number: number, status: number, at: number]> = []
  let count = 0
  const take = (): () => void => {
    const number = ++count
    return service.take(status => { answers.push([number, status, Math.round(clock.now() * 10) / 10]) })
  }
  return { clock, service, take, answers }
}

t.test('without a limit all are worked on at once', async t => {
  const { clock, take, answers } = start({})
  take()
  take()
  clock.advance(10)
  t.strictSame(answers, [[1, 200, 10], [2, 200, 10]])
  t.equal(clock.pending, 0)
})

t.test('with a limit the others wait in turn', async t => {
  const { clock, take, answers } = start({ concurrency: 2 })
  for (let i = 0; i < 5; i++) take()
  clock.advance(100)
  t.strictSame(answers, [[1, 200, 10], [2, 200, 10], [3, 200, 20], [4, 200, 20], [5, 200, 30]])
})

t.test('who leaves while waiting takes no time; work that has begun is done', async t => {
  const { clock, take, answers } = start({ concurrency: 1 })
  const first = take()
  const second = take()
  take()
  first()
  second()
  clock.advance(100)
  t.strictSame(answers, [[1, 200, 10], [3, 200, 20]])
})

t.test('slow: at once, or evenly', async t => {
  const { clock, service, take, answers } = start({ slowdown: 2 })
  take()
  clock.advance(100)
  service.slow(5, 0)
  take()
  clock.advance(100)
  service.slow(1, 400)
  clock.advance(100)
  take()
  clock.advance(1000)
  take()
  clock.advance(1000)
  t.strictSame(answers, [[1, 200, 20], [2, 200, 150], [3, 200, 340], [4, 200, 1310]])
})

t.test('failures have their own time and status, and are healed', async t => {
  const { clock, service, take, answers } = start({ failures: { share: 1, after: '3ms', status: 503 } })
  take()
  clock.advance(100)
  service.fail()
  take()
  clock.advance(100)
  service.heal()
  take()
  clock.advance(100)
  t.strictSame(answers, [[1, 503, 3], [2, 500, 101], [3, 200, 210]])
})

t.test('a share of failures is one of the requests', async t => {
  const { clock, take, answers } = start({ failures: { share: 0.25, after: '1ms', status: 500 } })
  for (let i = 0; i < 1000; i++) take()
  clock.advance(100)
  t.ok(Math.abs(answers.filter(([, status]) => status === 500).length - 250) < 40)
})

t.test('cold: slow at the start, then evenly less', async t => {
  const { clock, take, answers } = start({ cold: { for: '2s', slowdown: 9 } })
  take()
  clock.advance(1000)
  take()
  clock.advance(2000)
  take()
  clock.advance(100)
  t.strictSame(answers, [[1, 200, 90], [2, 200, 1050], [3, 200, 3010]])
})

t.test('a processor that is taken for the most part makes the rest take longer', async t => {
  const { clock, take, answers } = start({ busy: 0.8 })
  take()
  clock.advance(100)
  t.strictSame(answers, [[1, 200, 50]])
})
