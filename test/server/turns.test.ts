import t from 'tap'
import { Turns } from '../../src/server/turns.js'

t.test('steps are taken in turn; one that fails tells who asked for it, and does not stop the next', async t => {
  const turns = new Turns()
  const taken: string[] = []
  let release = (): void => {}
  const first = turns.take(async () => {
    taken.push('first begins')
    await new Promise<void>(resolve => { release = resolve })
    taken.push('first ends')
    return 1
  })
  const second = turns.take(async () => {
    taken.push('second')
    throw new Error('no')
  })
  const third = turns.take(async () => { taken.push('third') })
  await new Promise(resolve => { setImmediate(resolve) })
  t.strictSame(taken, ['first begins'])
  release()
  t.equal(await first, 1)
  await t.rejects(second, { message: 'no' })
  await third
  await turns.ended()
  t.strictSame(taken, ['first begins', 'first ends', 'second', 'third'])
})
