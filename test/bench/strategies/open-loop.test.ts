import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { runLoad } from '../../../bench/strategies/load.js'
import { closedPort } from '../../fixtures/closed-port.js'

type Handler = Parameters<typeof createServer>[1]

async function serve (t: Test, handler: Handler): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  // No kept connection ends just when its next request comes.
  server.keepAliveTimeout = 0
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  // A server listening on TCP has an AddressInfo.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const load = { rate: 200, connections: null, bursts: null, keys: null }
const plan = { load, connections: 5, seconds: 0.5, seed: 1 }

t.test('answers and failures are told apart', async t => {
  let count = 0
  const url = await serve(t, (request, response) => {
    request.resume()
    switch (count++ % 4) {
      case 0: response.writeHead(500, { 'x-backend': '2' }).end(); break
      // In good order, or not.
      case 1: request.socket.end(); break
      case 2: request.socket.resetAndDestroy(); break
      default: response.writeHead(200, { 'x-backend': '1' }).end('ok')
    }
  })
  let begun = 0
  const { latencies, errors, served, requestsPerSecond } = await runLoad({ ...plan, url, begun: () => { begun++ } })
  t.equal(begun, 1)
  t.ok(count > 50, `${count} requests`)
  t.equal(latencies.length + errors.non2xx + errors.socket + errors.unanswered, count)
  t.equal(errors.timeouts, 0)
  for (const each of [latencies.length, errors.non2xx, errors.socket, errors.unanswered]) t.ok(Math.abs(each - count / 4) <= 1, 'a quarter each')
  t.strictSame(served, new Map([['2', errors.non2xx], ['1', latencies.length]]))
  t.equal(requestsPerSecond, latencies.length / 0.5)
})

t.test('a closed port is an error of the socket', async t => {
  const { latencies, errors } = await runLoad({ ...plan, url: `http://127.0.0.1:${await closedPort(t)}` })
  t.equal(latencies.length, 0)
  t.ok(errors.socket > 50)
})

for (const rate of [200, null]) {
  t.test(`clients keep their cookies, and say who they are (${rate === null ? 'closed' : 'open'} loop)`, async t => {
    const strangers = new Map<string, number>()
    const wrong: string[] = []
    const url = await serve(t, (request, response) => {
      const client = String(request.headers['x-key'])
      if (request.headers.cookie === undefined) strangers.set(client, (strangers.get(client) ?? 0) + 1)
      else if (request.headers.cookie !== `who=${client}`) wrong.push(`${client}: ${request.headers.cookie}`)
      setTimeout(() => { response.writeHead(200, { 'set-cookie': `who=${client}; Path=/`, 'x-backend': '1' }).end('ok') }, 5)
    })
    const { latencies, served } = await runLoad({ ...plan, ...rate === null && { seconds: 3 }, load: { ...load, rate }, url })
    t.strictSame([...strangers.keys()].sort(), ['0', '1', '2', '3', '4'])
    t.strictSame(wrong, [])
    t.ok((served.get('1') ?? 0) >= latencies.length)
    t.ok(latencies.length > 25)
    t.ok(latencies.every((latency, index) => latency >= (latencies[index - 1] ?? 0)), 'sorted')
  })
}
