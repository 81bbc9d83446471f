import t from 'tap'
import { RoundRobin } from '../../../src/balancing/round-robin.js'
import { ToldWatch } from '../../../src/server/workers/told-watch.js'
import { Verdicts } from '../../../src/server/workers/verdicts.js'
import { Pool } from '../../../src/upstream/pool.js'

const [A, B, C] = ['http://10.0.0.1:1', 'http://10.0.0.2:1', 'http://10.0.0.3:1']

function create (urls: readonly string[]) {
  const pool = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail' })
  pool.reconcile(urls.map(url => ({ url })))
  const verdicts = new Verdicts()
  const flips: string[] = []
  const withdrawn: string[] = []
  const make = () => new ToldWatch({
    pool,
    verdicts,
    observer: { onFlip: (target, up) => { flips.push(`${target.url} ${up ? 'up' : 'down'}`) } },
    withdraw: target => { withdrawn.push(target.url) }
  })
  const tell = (target: string, up: boolean): void => { verdicts.tell({ pool: 'api', target, up }) }
  const eligible = () => pool.eligible.map(({ url }) => url)
  const target = (url: string) => {
    const found = pool.targets.find(target => target.url === url)
    if (found === undefined) throw new Error(`no target ${url}`)
    return found
  }
  return { pool, verdicts, flips, withdrawn, make, watch: make(), tell, eligible, target }
}

t.test('what is known at the start holds; a target of which nothing is known does not serve', async t => {
  const { watch, tell, eligible, flips, target } = create([A, B, C])
  tell(A, true)
  tell(B, false)
  watch.start()
  await watch.ready
  t.strictSame(eligible(), [A])
  t.strictSame([A, B, C].map(url => watch.isUp(target(url))), [true, false, null])
  t.strictSame(flips, [], 'nothing has changed')
})

t.test('it does as it is told, and says when that changes something', async t => {
  const { watch, tell, eligible, flips } = create([A, B])
  watch.start()
  tell(A, true)
  tell(B, true)
  tell(B, true)
  t.strictSame(eligible(), [A, B])
  tell(A, false)
  tell('http://10.0.0.9:1', false)
  t.strictSame(eligible(), [B])
  t.strictSame(flips, [`${A} up`, `${B} up`, `${A} down`])
})

t.test('targets that join: by what has been told of them before, or what is known otherwise', async t => {
  const { pool, watch, tell, eligible } = create([A])
  tell(A, true)
  watch.start()
  tell(B, true)
  pool.reconcile([{ url: A }, { url: B }, { url: C }])
  watch.reconcile(target => target.url === C ? true : null)
  t.strictSame(eligible(), [A, B, C])
  pool.reconcile([{ url: B }])
  watch.reconcile()
  tell(A, false)
  pool.reconcile([{ url: A }, { url: B }])
  watch.reconcile()
  t.strictSame(eligible(), [B], 'one that comes back is a new one')
})

t.test('a new set of verdicts says nothing of targets that are not in it: they stay as they are', async t => {
  const { watch, verdicts, tell, eligible, flips } = create([A, B])
  tell(A, true)
  tell(B, true)
  watch.start()
  verdicts.replace([{ pool: 'api', target: A, up: false }])
  t.strictSame(eligible(), [B])
  t.strictSame(flips, [`${A} down`])
  t.equal(verdicts.get('api', B), null)
})

t.test('a target in maintenance is left alone', async t => {
  const { pool, watch, tell, flips, target } = create([A])
  pool.reconcile([{ url: A, maintenance: true }])
  watch.start()
  tell(A, false)
  t.strictSame(flips, [])
  t.equal(watch.isUp(target(A)), null)
  pool.reconcile([{ url: A }])
  watch.reconcile()
  t.equal(watch.isUp(target(A)), false)
})

t.test('a target that goes by its own word is down here at once, and its check hears of it', async t => {
  const { watch, tell, eligible, withdrawn, flips, target } = create([A, B])
  tell(A, true)
  tell(B, true)
  watch.start()
  watch.withdraw(target(A))
  t.strictSame(eligible(), [B])
  t.strictSame(withdrawn, [A])
  tell(A, false)
  t.strictSame(flips, [`${A} down`], 'the answer is no news')
  tell(A, true)
  t.strictSame(eligible(), [A, B])
})

t.test('once stopped it hears nothing', async t => {
  const { watch, make, tell, eligible } = create([A])
  tell(A, true)
  watch.start()
  await watch.stop()
  tell(A, false)
  t.strictSame(eligible(), [A])
  make().start()
  t.strictSame(eligible(), [])
})
