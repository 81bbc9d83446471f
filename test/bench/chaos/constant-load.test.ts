import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import t, { type Test } from 'tap'
import { ConstantLoad } from '../../../bench/chaos/constant-load.js'
import type { Sample } from '../../../bench/chaos/sample.js'

/** Loads a server until it has got so many requests. */
async function loaded (t: Test, wanted: number, listener: RequestListener): Promise<readonly Sample[]> {
  let seen = 0
  let enough: () => void = () => {}
  const reached = new Promise<void>(resolve => { enough = resolve })
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => {
      listener(request, response)
      if (++seen === wanted) enough()
    })
  })
  // No kept connection ends just when its next request comes.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port')
  // Few enough: what is due after a standstill is sent at once, and each has ten seconds.
  const load = new ConstantLoad(`http://127.0.0.1:${address.port}`, 100)
  load.start()
  await reached
  return await load.stop()
}

t.test('one request in five is a POST with a body; each has an id, in its path and in a field', async t => {
  const ids = new Set<string>()
  const samples = await loaded(t, 40, (request, response) => {
    const id = String(request.headers['x-request-id'])
    t.equal(request.url, `/work/${id}?id=${id}`)
    t.equal(Number(request.headers['content-length'] ?? 0) > 0, request.method === 'POST')
    ids.add(`${request.method ?? ''} ${id}`)
    response.end('ok')
  })
  t.same(new Set(samples.map(({ method, id }) => `${method} ${id}`)), ids)
  t.equal(samples.length, ids.size)
  t.equal(samples.filter(({ method }) => method === 'POST').length, Math.floor(samples.length / 5))
  t.ok(samples.every(({ ended }) => ended === 200))
})

t.test('a status, a reset and an answer cut short are told apart; all of them are waited for', async t => {
  const samples = await loaded(t, 30, (request, response) => {
    const number = Number(String(request.headers['x-request-id']).slice(1))
    if (number % 3 === 0) response.writeHead(503).end()
    else if (number % 3 === 1) request.socket.resetAndDestroy()
    else response.writeHead(200, { 'content-length': 10 }).write('x', () => { request.socket.resetAndDestroy() })
  })
  const kinds = new Set(samples.map(({ id, ended }) => `${Number(id.slice(1)) % 3} ${ended}`))
  t.same([...kinds].sort(), ['0 503', '1 ECONNRESET', '2 cut short (ECONNRESET)'])
})
