import t from 'tap'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterTurn } from '../../src/base/event-loop.js'
import { portsOf, untilDelivered } from './kernel.js'

/** Writes down when its turn was over. */
class Item {
  readonly #log: string[]
  readonly #name: string
  readonly #act: () => void

  constructor (log: string[], name: string, act: () => void = () => {}) {
    this.#log = log
    this.#name = name
    this.#act = act
  }

  turnOver (): void {
    this.#log.push(this.#name)
    this.#act()
  }
}

function nextTurn (): Promise<void> {
  return new Promise(resolve => { setImmediate(resolve) })
}

t.test('items are called in order, once, not before the step is over; what they add comes with the next turn', async t => {
  const log: string[] = []
  afterTurn(new Item(log, 'a', () => { afterTurn(new Item(log, 'c')) }))
  afterTurn(new Item(log, 'b'))
  await null
  t.same(log, [])
  await nextTurn()
  t.same(log, ['a', 'b'])
  await nextTurn()
  t.same(log, ['a', 'b', 'c'])
})

t.test('one that throws does not take the others with it', async t => {
  const log: string[] = []
  const thrown: unknown[] = []
  const onThrown = (error: unknown): void => { thrown.push(error) }
  const fault = new Error('of this item')
  // tap listens too: for this step the fault is ours.
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', onThrown)
  afterTurn(new Item(log, 'a', () => { throw fault }))
  afterTurn(new Item(log, 'b'))
  afterTurn(new Item(log, 'c'))
  await nextTurn()
  await nextTurn()
  process.removeListener('uncaughtException', onThrown)
  for (const listener of listeners) process.on('uncaughtException', listener)
  t.same(thrown, [fault])
  t.same(log, ['a', 'b', 'c'])
})

t.test('they come after all that was there to be read in the turn', async t => {
  const log: string[] = []
  const sockets: Socket[] = []
  const server = createServer(socket => { sockets.push(socket) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // It listens on TCP.
  const clients = [0, 1, 2].map(() => connect(port, '127.0.0.1'))
  while (sockets.length < 3) await nextTurn()
  for (const socket of sockets) {
    socket.on('data', () => {
      log.push('read')
      afterTurn(new Item(log, 'over'))
    })
  }
  await nextTurn()
  // All three lie in the kernel before this process looks again.
  for (const client of clients) client.write('x')
  for (const client of clients) untilDelivered(portsOf(client))
  while (log.length < 6) await nextTurn()
  t.same(log, ['read', 'read', 'read', 'over', 'over', 'over'])
  for (const client of clients) client.destroy()
  server.close()
})
