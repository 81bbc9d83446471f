import t from 'tap'
import { EventLog } from '../../../src/admin/event-log.js'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import { WorkerEvents, type Teller } from '../../../src/server/workers/worker-events.js'
import type { WorkerEventKind } from '../../../src/server/workers/messages.js'

function create () {
  const events = new EventLog(new VirtualClock())
  const workers: Teller[] = [{ number: 1 }, { number: 2 }]
  const told = new WorkerEvents(events, () => workers)
  const [first, second] = workers as [Teller, Teller]
  const tell = (worker: Teller, kind: WorkerEventKind, target: string | null = null): void => { told.told(worker, { type: 'event', kind, pool: 'api', target, message: `is ${kind}` }) }
  const seen = () => events.recent.map(({ kind, target, message }) => [kind, target, message])
  return { told, first, second, workers, tell, seen }
}

t.test('ejections are each worker\'s own', async t => {
  const { tell, first, second, seen } = create()
  tell(first, 'ejected', 'http://a')
  tell(second, 'ejected', 'http://a')
  tell(first, 'returned', 'http://a')
  t.strictSame(seen(), [['ejected', 'http://a', 'is ejected (worker 1)'], ['ejected', 'http://a', 'is ejected (worker 2)'], ['returned', 'http://a', 'is returned (worker 1)']])
})

t.test('panic lasts from the first worker\'s to the last one\'s, and a worker that dies panics no more', async t => {
  const { told, tell, first, second, seen } = create()
  tell(first, 'panic')
  tell(second, 'panic')
  tell(first, 'panic-over')
  t.strictSame(seen().map(([kind]) => kind), ['panic'])
  told.died(second)
  t.strictSame(seen().map(([kind]) => kind), ['panic', 'panic-over'])
  told.died(second)
  tell(first, 'panic')
  t.strictSame(seen().map(([kind]) => kind), ['panic', 'panic-over', 'panic'])
})

t.test('a target has drained when all workers say so', async t => {
  const { tell, first, second, workers, seen } = create()
  tell(first, 'drained', 'http://a')
  tell(first, 'drained', 'http://b')
  tell(second, 'drained', 'http://b')
  t.strictSame(seen().map(([kind, target]) => [kind, target]), [['drained', 'http://b']])
  workers.pop()
  tell(first, 'drained', 'http://a')
  t.equal(seen().length, 2, 'of those that there are')
})

t.test('what was told of a target that has been made ready since is forgotten', async t => {
  const { told, tell, first, second, seen } = create()
  tell(first, 'drained', 'http://a')
  told.keepDraining((pool, target) => pool === 'api' && target !== 'http://a')
  tell(second, 'drained', 'http://a')
  t.strictSame(seen(), [], 'the first one has requests on it again')
  tell(first, 'drained', 'http://a')
  t.strictSame(seen().map(([kind]) => kind), ['drained'])
  tell(first, 'drained', 'http://b')
  told.keepDraining(() => true)
  tell(second, 'drained', 'http://b')
  t.equal(seen().length, 2)
})
