import type net from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import { startBackend, type Backend, type Behaviour } from '../fixtures/backend.js'
import { connect, get, type Client } from '../fixtures/client.js'
import { startProgram, type Program } from '../fixtures/program.js'
import { responseCases, type ResponseCase } from './response-cases.js'

/** More than the buffers between two sockets of one machine hold: whoever takes it all has no bound. */
const BOUND = 32 * 1024 ** 2

/** A target that answers a request for `/case` as the case says, and any other with its own target. */
class Hostile implements Behaviour {
  item: ResponseCase | null = null
  socket: net.Socket | null = null
  written = 0
  /** Did another request come over the connection that the case was sent on? */
  reused = false

  readonly onRequest: NonNullable<Behaviour['onRequest']> = reply => {
    const { item } = this
    if (item === null || reply.request.url !== '/case') {
      this.reused ||= reply.socket === this.socket
      void reply.body().then(() => { reply.answer({ body: reply.request.url }) })
      return
    }
    this.socket = reply.socket
    this.written = 0
    this.reused = false
    reply.finish(item.bytes)
    if (item.endless !== undefined) this.#pump(reply.socket, Buffer.from(item.endless, 'latin1'))
    else if (item.ends === 'fin') reply.end()
    else if (item.ends === 'reset') reply.reset()
  }

  #pump (socket: net.Socket, piece: Buffer): void {
    const pump = (): void => {
      while (!socket.destroyed && this.written < BOUND) {
        this.written += piece.length
        if (!socket.write(piece)) {
          socket.once('drain', pump)
          return
        }
      }
    }
    pump()
  }
}

async function run (t: Test, program: Program, backend: Backend, hostile: Hostile, item: ResponseCase): Promise<void> {
  const { name, method = 'GET', asking = '', outcome } = item
  hostile.item = item
  const client = await connect(t, program.port)
  client.send(`${method} /case HTTP/1.1\r\nHost: a\r\n${asking}\r\n`)
  if (outcome === 'cut') await sawCut(t, client, item)
  else await sawAnswer(t, client, item)
  const canary = await get(t, program.port, '/next')
  t.match(canary, { status: 200, body: '/next' }, `${name}: the next client gets its own answer`)
  client.leave()
  if (keptOf(item)) return
  t.notOk(hostile.reused, `${name}: nobody else is sent over that connection`)
  await backend.until(() => hostile.socket?.destroyed === true)
  t.ok(hostile.written < BOUND, `${name}: the connection was dropped after ${hostile.written} bytes`)
}

/** May the target's connection stay? Only if there was nothing wrong with it. */
function keptOf ({ outcome, bytes, endless, ends }: ResponseCase): boolean {
  return typeof outcome === 'object' && endless === undefined && ends === undefined && !bytes.includes('evil')
}

/** A reset that comes together with the last bytes may look like an end to the client: what counts is that nothing looks whole. */
async function sawCut (t: Test, client: Client, { name, method }: ResponseCase): Promise<void> {
  const what = await client.response(method).then(({ status, body }) => `${status} ${body}`, String)
  t.match(what, 'no complete response', `${name}: what the client has is not whole`)
  t.match(client.received, /^(?:HTTP\/1\.1 103 .*(?:\r\n.+)*\r\n\r\n)?(?:HTTP\/1\.1 200 OK\r\n|$)/, `${name}: nor is it something else`)
  t.notMatch(client.received, /evil|HTTP\/1\.1 5/, `${name}: nothing slips through`)
}

async function sawAnswer (t: Test, client: Client, { name, method = 'GET', outcome }: ResponseCase): Promise<void> {
  const response = await client.response(method)
  t.notMatch(response.head + response.body, /evil/, `${name}: nothing slips through`)
  if (typeof outcome === 'object') {
    t.match(response, outcome, name)
  } else {
    t.equal(response.status, 502, name)
    t.equal(response.header('content-type'), 'application/problem+json', name)
  }
  if (response.header('connection') === 'close') {
    t.equal(await client.end(), '', `${name}: nothing behind the answer`)
    return
  }
  t.match(await client.get('/same').response(), { status: 200, body: '/same' }, `${name}: the connection goes on with its own answer`)
  t.equal(client.received, '', `${name}: nothing behind the answer`)
}

t.test('whatever a target answers, the client gets 502 or a reset, and the next one its own answer', async t => {
  const hostile = new Hostile()
  const backend = await startBackend(t, hostile)
  const program = await startProgram(t, {
    log: { level: 'fatal' },
    timeouts: { responseHead: '15s', idleBody: '15s' },
    pools: { api: { targets: [backend.url], healthCheck: false } },
    routes: [{ prefix: '/', pool: 'api', retry: false }]
  })
  const before = program.rss
  for (const item of responseCases) {
    try {
      await run(t, program, backend, hostile, item)
    } catch (error) {
      t.fail(`${item.name}: ${String(error)}`)
    }
  }
  t.comment(`${responseCases.length} hostile responses; memory grew by ${Math.round((program.rss - before) / 1024 ** 2)} MB`)
})

t.test('no name stands twice in the table', async t => {
  const names = responseCases.map(({ name }) => name)
  t.same(names.filter((name, i) => names.indexOf(name) !== i), [])
})
