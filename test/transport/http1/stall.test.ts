import t from 'tap'
import { connectStallFailure, stallFailure, stallLimit } from '../../../src/transport/http1/stall.js'
import type { RequestHead, Sent } from '../../../src/transport/transport.js'

const head: RequestHead = { method: 'POST', path: '/', headers: [], upgrade: null, freshConnection: false, timeouts: { responseHead: 60, idleBody: 7 } }

interface Standing {
  readonly sent?: Sent
  readonly blocked?: boolean
  readonly hesitates?: boolean
  readonly headSeen?: boolean
  readonly continued?: boolean
  readonly paused?: boolean
}

/** How long it may last, and what it is called when it has lasted longer. */
function stall ({ sent = 'partly', blocked = false, hesitates = false, headSeen = false, continued = false, paused = false }: Standing): string {
  const request = { head, sent, blocked, hesitates }
  const response = { headSeen, continued, paused }
  return `${stallLimit(request, response)} ${stallFailure(request, response, 'http://a').code}`
}

t.test('while the request is being sent, it is the client\'s turn', async t => {
  t.equal(stall({}), '7 http_request_timeout')
  t.equal(stall({ hesitates: true }), '60 http_response_timeout', 'unless it waits for a 100')
  t.equal(stall({ hesitates: true, continued: true }), '7 http_request_timeout', 'that has come')
})

t.test('a target that does not read is late, whatever else is the matter', async t => {
  t.equal(stall({ blocked: true }), '7 connection_write_timeout')
  t.equal(stall({ blocked: true, headSeen: true, paused: true }), '7 connection_write_timeout')
})

t.test('when all is sent the response head has its own time, then the body', async t => {
  t.equal(stall({ sent: 'all' }), '60 http_response_timeout')
  t.equal(stall({ sent: 'all', headSeen: true }), '7 connection_read_timeout')
  t.equal(stall({ headSeen: true }), '7 connection_read_timeout', 'an early response, too')
})

t.test('a client that wants no more may take its time', async t => {
  t.equal(stallLimit({ head, sent: 'all', blocked: false, hesitates: false }, { headSeen: true, continued: false, paused: true }), 0)
})

t.test('a connection that does not come about', async t => {
  t.match(connectStallFailure(false, 'http://a'), { code: 'connection_timeout', message: 'http://a: no connection in time' })
  t.match(connectStallFailure(true, 'https://a'), { code: 'tls_timeout' })
})
