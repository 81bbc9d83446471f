import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Clock, Timer } from '../../src/base/clock.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { WatchedFile } from '../../src/server/watched-file.js'

/** A clock that is set forward by hand, and waits until the next look is due: looks at files take real time. */
function watching (t: Test, path: string) {
  const virtual = new VirtualClock()
  let armed: () => void = () => {}
  const clock: Clock = {
    now: () => virtual.now(),
    wallTime: () => virtual.wallTime(),
    after: (delay, callback): Timer => {
      const timer = virtual.after(delay, callback)
      armed()
      return timer
    }
  }
  let changes = 0
  const file = new WatchedFile(path, clock, () => { changes++ })
  t.teardown(() => { file.watch(false) })
  const look = async (times = 1): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const next = new Promise<void>(resolve => { armed = resolve })
      virtual.advance(500)
      await next
      // What the look comes to is said in the step that makes the next one due.
      await Promise.resolve()
    }
  }
  return { file, look, virtual, changes: () => changes }
}

t.test('a change is told of once, when the file rests', async t => {
  const path = join(t.testdir({ 'a.json': '1' }), 'a.json')
  const { file, look, changes } = watching(t, path)
  file.know()
  file.watch(true)
  await look(3)
  t.equal(changes(), 0)
  await writeFile(path, '22')
  await look()
  t.equal(changes(), 0, 'it may not be complete')
  await writeFile(path, '333')
  await look()
  t.equal(changes(), 0, 'indeed')
  await look()
  t.equal(changes(), 1)
  await look(3)
  t.equal(changes(), 1)
})

t.test('what changed between reading it and watching it is told of; what has been read is not', async t => {
  const path = join(t.testdir({ 'a.json': '1' }), 'a.json')
  const { file, look, changes } = watching(t, path)
  file.know()
  await writeFile(path, '22')
  file.watch(true)
  await look(2)
  t.equal(changes(), 1)
  await writeFile(path, '333')
  file.know()
  await look(3)
  t.equal(changes(), 1)
})

t.test('another file in its place, a link on the way put elsewhere, a folder made anew', async t => {
  const folder = t.testdir({ one: { 'a.json': '1' }, two: { 'a.json': '2' } })
  const path = join(folder, 'current', 'a.json')
  await symlink(join(folder, 'one'), join(folder, 'current'))
  const { file, look, changes } = watching(t, path)
  file.know()
  file.watch(true)
  await look(2)
  await symlink(join(folder, 'two'), join(folder, 'next'))
  await rename(join(folder, 'next'), join(folder, 'current'))
  await look(2)
  t.equal(changes(), 1)
  await writeFile(join(folder, 'two', 'new'), '3')
  await rename(join(folder, 'two', 'new'), join(folder, 'two', 'a.json'))
  await look(2)
  t.equal(changes(), 2)
  await rm(join(folder, 'two'), { recursive: true })
  await look(5)
  t.equal(changes(), 2, 'a file that is gone is no config')
  await mkdir(join(folder, 'two'))
  // Of another size: inode and times of the one before may come again.
  await writeFile(path, '44')
  await look(2)
  t.equal(changes(), 3)
})

t.test('nothing is told of or looked at when it is watched no more', async t => {
  const path = join(t.testdir({ 'a.json': '1' }), 'a.json')
  const { file, look, changes, virtual } = watching(t, path)
  file.know()
  file.watch(true)
  file.watch(true)
  t.equal(virtual.pending, 1)
  await writeFile(path, '22')
  await look()
  virtual.advance(500)
  file.watch(false)
  await new Promise(resolve => { setImmediate(resolve) })
  t.equal(virtual.pending, 0)
  t.equal(changes(), 0)
  file.watch(true)
  await look(2)
  t.equal(changes(), 1, 'it goes on where it was')
})

t.test('a file that is not there when it is to be read', async t => {
  const path = join(t.testdir({}), 'a.json')
  const { file, look, changes } = watching(t, path)
  t.doesNotThrow(() => { file.know() })
  file.watch(true)
  await look(2)
  t.equal(changes(), 0)
  await writeFile(path, '1')
  await look(2)
  t.equal(changes(), 1)
})
