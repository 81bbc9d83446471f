import { request } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { startDemoBackends } from '../../src/server/demo-backends.js'

async function open (url: string, method = 'GET', body?: string): Promise<IncomingMessage> {
  const outgoing = request(url, { method, agent: false }).end(body)
  const [response] = await once(outgoing, 'response') as [IncomingMessage] // the event's only argument
  return response
}

async function text (response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let all = ''
  for await (const chunk of response) all += String(chunk)
  return all
}

/** The next piece of a stream that has no end. */
async function piece (response: IncomingMessage): Promise<string> {
  const [chunk] = await once(response, 'data')
  return String(chunk)
}

t.test('each backend says which one it is, where it was asked and how often', async t => {
  const backends = await startDemoBackends(new VirtualClock())
  t.teardown(() => backends.close())
  t.equal(new Set(backends.urls).size, 3)
  for (const [index, url] of backends.urls.entries()) {
    t.same(JSON.parse(await text(await open(`${url}/a/b?c=1`))), { hello: `from backend ${index + 1}`, path: '/a/b?c=1', served: 1 })
    t.same(JSON.parse(await text(await open(url, 'POST', 'x'.repeat(100_000)))), { hello: `from backend ${index + 1}`, path: '/', served: 2 })
  }
})

t.test('/health is 200 and does not count', async t => {
  const backends = await startDemoBackends(new VirtualClock(), 1)
  t.teardown(() => backends.close())
  const url = backends.urls[0] ?? ''
  const health = await open(`${url}/health?x`)
  t.equal(health.statusCode, 200)
  await text(health)
  t.match(JSON.parse(await text(await open(url))), { served: 1 })
})

t.test('/events sends one event at once and then one a second, and stops when the reader leaves', async t => {
  const clock = new VirtualClock()
  const backends = await startDemoBackends(clock, 2)
  t.teardown(() => backends.close())
  const response = await open(`${backends.urls[1] ?? ''}/events`)
  t.equal(response.headers['content-type'], 'text/event-stream')
  t.equal(await piece(response), 'id: 1\ndata: {"backend":2,"count":1}\n\n')
  clock.advance(999)
  const second = piece(response)
  clock.advance(1)
  t.equal(await second, 'id: 2\ndata: {"backend":2,"count":2}\n\n')
  t.equal(clock.pending, 1)
  response.destroy()
  while (clock.pending > 0) await new Promise(resolve => { setImmediate(resolve) })
})

t.test('HEAD /events ends at once', async t => {
  const clock = new VirtualClock()
  const backends = await startDemoBackends(clock, 1)
  t.teardown(() => backends.close())
  const response = await open(`${backends.urls[0] ?? ''}/events`, 'HEAD')
  t.equal(await text(response), '')
  t.equal(response.headers['content-type'], 'text/event-stream')
  t.equal(clock.pending, 0)
})

t.test('close cuts an open event stream, cancels its timer and frees the ports', async t => {
  const clock = new VirtualClock()
  const backends = await startDemoBackends(clock)
  const response = await open(`${backends.urls[0] ?? ''}/events`)
  response.on('error', () => {})
  response.resume()
  const closed = new Promise(resolve => { response.once('close', resolve) })
  await backends.close()
  await closed
  t.equal(clock.pending, 0)
  for (const url of backends.urls) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const [error] = await once(socket, 'error')
    t.match(error, { code: 'ECONNREFUSED' })
  }
})
