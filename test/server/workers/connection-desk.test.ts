import net from 'node:net'
import t from 'tap'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import { ConnectionDesk, type Taker } from '../../../src/server/workers/connection-desk.js'

class FakeTaker implements Taker {
  readonly given: net.Socket[] = []
  get load (): number { return this.given.length }
  give (socket: net.Socket): void { this.given.push(socket) }
}

/** A socket that is connected to nothing, and what it was made to send. */
class FakeSocket extends net.Socket {
  sent = ''
  override end (text?: unknown): this {
    this.sent += String(text)
    return this
  }
}

function create (patience = 5000) {
  const clock = new VirtualClock()
  const takers: FakeTaker[] = []
  const refused: object[] = []
  const none = (): void => {}
  const counted = { refused: 0 }
  const desk = new ConnectionDesk(patience, { clock, strays: { refused: () => { counted.refused++ } }, takers: () => takers, log: { debug: none, info: fields => { refused.push(fields) }, warn: none, error: none } })
  return { clock, takers, desk, refused, counted }
}

t.test('each goes to whoever has the fewest', async t => {
  const { desk, takers } = create()
  takers.push(new FakeTaker(), new FakeTaker())
  for (let i = 0; i < 4; i++) desk.accept(new FakeSocket())
  t.strictSame(takers.map(({ load }) => load), [2, 2])
})

t.test('while there is nobody they wait in line; who was given back comes first', async t => {
  const { desk, takers, clock } = create()
  const [first, second, back] = [new FakeSocket(), new FakeSocket(), new FakeSocket()]
  desk.accept(first)
  desk.accept(second)
  desk.giveBack([back])
  t.equal(desk.waiting, 3)
  const taker = new FakeTaker()
  takers.push(taker)
  desk.serve()
  t.ok(taker.given[0] === back && taker.given[1] === first && taker.given[2] === second)
  t.equal(clock.pending, 0)
  desk.giveBack([back])
  t.equal(taker.load, 4, 'at once, if somebody is there')
})

t.test('nobody waits for ever, and not too many do', async t => {
  const { desk, clock, refused, counted } = create()
  const sockets = Array.from({ length: 16_385 }, () => new FakeSocket())
  for (const socket of sockets) desk.accept(socket)
  t.equal(desk.waiting, 16_384)
  t.match(refused, [{ status: 503, outcome: 'refused' }], 'and whoever reads the log sees it')
  t.match(sockets.at(-1)?.sent, /^HTTP\/1\.1 503 /)
  t.equal(sockets[0]?.sent, '')
  clock.advance(5000)
  t.equal(desk.waiting, 0)
  t.equal(counted.refused, 16_385, 'and whoever reads metrics sees it')
  t.match(sockets[0]?.sent, /^HTTP\/1\.1 503 /)
  t.notOk(sockets[0]?.destroyed, 'it has a moment to read that')
  clock.advance(5000)
  t.ok(sockets.every(socket => socket.destroyed))
})

t.test('without patience they are sent away at once', async t => {
  const { desk, clock } = create(0)
  const socket = new FakeSocket()
  desk.accept(socket)
  t.match(socket.sent, /503/)
  t.equal(desk.clear(), 0)
  clock.advance(1000)
})
