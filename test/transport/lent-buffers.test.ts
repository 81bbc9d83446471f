import t from 'tap'
import { borrow, giveBack, lend, LENT_SIZE } from '../../src/transport/lent-buffers.js'

t.test('a lent buffer comes back, whatever piece of it is given', async t => {
  const buffer = borrow()
  t.equal(buffer.length, LENT_SIZE)
  lend(buffer)
  giveBack(buffer.subarray(10, 20))
  const again = borrow()
  t.equal(again.buffer, buffer.buffer)
  t.equal(again.length, LENT_SIZE)
  t.not(borrow().buffer, buffer.buffer, 'it is out now')
})

t.test('what is given back twice is there once', async t => {
  const buffer = borrow()
  lend(buffer)
  giveBack(buffer)
  giveBack(buffer)
  const first = borrow()
  const second = borrow()
  t.equal(first.buffer, buffer.buffer)
  t.not(second.buffer, buffer.buffer)
})

t.test('memory that was not lent is not taken: somebody may still look at it', async t => {
  const own = Buffer.allocUnsafeSlow(LENT_SIZE)
  const borrowed = borrow()
  giveBack(own)
  giveBack(borrowed)
  const taken = [borrow(), borrow()].map(({ buffer }) => buffer)
  t.notOk(taken.includes(own.buffer) || taken.includes(borrowed.buffer))
})

t.test('no more than 64 are kept', async t => {
  const buffers = Array.from({ length: 80 }, borrow)
  buffers.forEach(lend)
  buffers.forEach(giveBack)
  const memory = new Set(buffers.map(({ buffer }) => buffer))
  const reused = Array.from({ length: 80 }, borrow).filter(({ buffer }) => memory.has(buffer))
  t.equal(reused.length, 64)
})
