import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { ServiceRoster } from '../../src/upstream/service-roster.js'
import { Target } from '../../src/upstream/target.js'

function setup (): { clock: VirtualClock, roster: ServiceRoster, target: Target, news: () => string[] } {
  const clock = new VirtualClock()
  const roster = new ServiceRoster(clock)
  const target = new Target('api', { url: 'http://10.0.0.1' }, () => {})
  const told: string[] = []
  roster.observe((target, inService) => { told.push(`${target.url} ${inService ? 'in' : 'out'}`) })
  return { clock, roster, target, news: () => told.splice(0) }
}

t.test('tells of each change once', async t => {
  const { roster, target, news } = setup()
  roster.note(target, false)
  roster.note(target, false)
  t.strictSame(news(), ['http://10.0.0.1 in'])
  target.judge('full', false)
  roster.note(target, false)
  t.strictSame(news(), [], 'who is full serves')
  target.judge('active', false)
  roster.note(target, false)
  target.judge('passive', false)
  roster.note(target, false)
  t.strictSame(news(), ['http://10.0.0.1 out'])
})

t.test('who leaves is out of service, whatever it says, and one that never served is no news', async t => {
  const { roster, target, news } = setup()
  roster.note(target, false)
  news()
  roster.note(target, true)
  t.strictSame(news(), ['http://10.0.0.1 out'])
  const stillborn = new Target('api', { url: 'http://10.0.0.2', weight: 0 }, () => {})
  roster.note(stillborn, false)
  roster.note(stillborn, true)
  t.strictSame(news(), [])
})

t.test('the target\'s own record is kept by the same clock, before anyone is told', async t => {
  const { clock, roster, target } = setup()
  const downtimes: number[] = []
  roster.observe(({ service }) => { downtimes.push(service.downtime(clock.now())) })
  roster.note(target, false)
  target.judge('active', false)
  roster.note(target, false)
  clock.advance(70)
  target.judge('active', true)
  roster.note(target, false)
  clock.advance(30)
  t.strictSame(downtimes, [0, 0, 70])
  t.equal(target.service.downtime(clock.now()), 70)
})
