import { behaviours, startBackend } from '../../fixtures/backend.js'
import { respond } from '../../fixtures/behaviours.js'
import { ManualBody } from '../../fixtures/bodies.js'
import { closedPort } from '../../fixtures/closed-port.js'
import type { FailureCode } from '../../../src/base/errors.js'
import type { Part } from './harness.js'

const OK = 'HTTP/1.1 200 OK\r\n'

/** Answers that break the protocol before their head is whole, and what they may be called. */
const BAD_HEADS: ReadonlyArray<readonly [string, string, ...FailureCode[]]> = [
  ['no HTTP at all', '\x16\x03\x01 this is no HTTP\r\n\r\n', 'http_protocol_error'],
  ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http_protocol_error'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n', 'http_protocol_error'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'http_protocol_error'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'http_protocol_error'],
  ['a space before the colon', `${OK}Content-Length : 2\r\n\r\nok`, 'http_protocol_error'],
  ['a field without a name', `${OK}: a\r\n\r\n`, 'http_protocol_error'],
  ['a field without a colon', `${OK}nonsense\r\n\r\n`, 'http_protocol_error'],
  ['a NUL in a value', `${OK}X-A: a\0b\r\nContent-Length: 2\r\n\r\nok`, 'http_protocol_error'],
  ['a lone CR in a value', `${OK}X-A: a\rb\r\nContent-Length: 2\r\n\r\nok`, 'http_protocol_error'],
  ['a Content-Length that is no number', `${OK}Content-Length: two\r\n\r\nok`, 'http_protocol_error'],
  ['a negative Content-Length', `${OK}Content-Length: -2\r\n\r\nok`, 'http_protocol_error'],
  ['a Content-Length with a sign', `${OK}Content-Length: +2\r\n\r\nok`, 'http_protocol_error'],
  ['a Content-Length beyond all measure', `${OK}Content-Length: 99999999999999999999999\r\n\r\nok`, 'http_protocol_error'],
  ['Content-Length and Transfer-Encoding', `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`, 'http_protocol_error', 'http_response_transfer_coding']
]

/** The same within the body. */
const BAD_BODIES: ReadonlyArray<readonly [string, string]> = [
  ['a chunk size that is no number', `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n`],
  ['a chunk longer than it says', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nokok\r\n0\r\n\r\n`],
  ['a chunk size beyond all measure', `${OK}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nok\r\n0\r\n\r\n`],
  ['a chunk size with a sign', `${OK}Transfer-Encoding: chunked\r\n\r\n+2\r\nok\r\n0\r\n\r\n`],
  ['a broken trailer', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX A: b\r\n\r\n`]
]

/** Responses that are cut off after some of the body, and how. */
const TRUNCATED: ReadonlyArray<readonly [string, string, 'close' | 'reset']> = [
  ['Content-Length, closed', `${OK}Content-Length: 100\r\n\r\npartial`, 'close'],
  ['Content-Length, reset', `${OK}Content-Length: 100\r\n\r\npartial`, 'reset'],
  ['Content-Length and no byte of body, closed', `${OK}Content-Length: 100\r\n\r\n`, 'close'],
  ['chunks, closed within one', `${OK}Transfer-Encoding: chunked\r\n\r\n64\r\npartial`, 'close'],
  ['chunks and Connection: close, closed within one', `${OK}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n64\r\npartial`, 'close'],
  ['Content-Length and Connection: close, closed', `${OK}Connection: close\r\nContent-Length: 100\r\n\r\npartial`, 'close'],
  ['chunks, closed between two', `${OK}Transfer-Encoding: chunked\r\n\r\n7\r\npartial\r\n`, 'close'],
  ['chunks, closed before the trailers end', `${OK}Transfer-Encoding: chunked\r\n\r\n7\r\npartial\r\n0\r\nX-A: b\r\n`, 'close'],
  ['chunks, reset', `${OK}Transfer-Encoding: chunked\r\n\r\n7\r\npartial\r\n`, 'reset'],
  ['until close, reset', `${OK}X-A: 1\r\n\r\npartial`, 'reset'],
  ['HTTP/1.0 until close, reset', 'HTTP/1.0 200 OK\r\n\r\npartial', 'reset']
]

/** A bad answer is a failure, by its name, and never looks like a whole response. */
export const failures: Part = test => {
  test('nobody listens', async (t, h) => {
    const port = await closedPort(t)
    const transport = h.transport({ maxConnectionsPerTarget: 1 })
    const target = h.target(`http://127.0.0.1:${port}`)
    const sinks = await Promise.all(Array.from({ length: 5 }, () => h.done(transport, target)))
    for (const sink of sinks) {
      t.equal(sink.ending, 'failed')
      t.equal(sink.error?.code, 'connection_refused')
      t.equal(sink.sent, 'nothing')
    }
  })

  test('a name that does not exist', async (t, h) => {
    // A label of more than 63 bytes can't be looked up: no server is asked.
    const sink = await h.done(h.transport(), h.target(`http://${'a'.repeat(64)}.invalid:80`))
    t.equal(sink.error?.code, 'dns_error')
    t.equal(sink.sent, 'nothing')
  })

  test('a Unix socket that does not exist', async (t, h) => {
    const sink = await h.done(h.transport(), h.target('unix:/nonexistent/headrace.sock'))
    t.equal(sink.error?.code, 'connection_refused')
    t.equal(sink.sent, 'nothing')
  })

  for (const behaviour of ['resetBeforeHead', 'closeBeforeHead', 'resetInHead'] as const) {
    test(`${behaviour} on a fresh connection`, async (t, h) => {
      const backend = await startBackend(t, behaviour)
      const call = h.call(h.transport(), h.target(backend.url))
      t.equal(await call.sink.ended(), 'failed')
      t.equal(call.sink.error?.code, 'connection_terminated')
      t.equal(call.sink.sent, 'all')
      t.equal(call.sending.reused, false)
    })
  }

  test('a reset within the request body', async (t, h) => {
    const backend = await startBackend(t, 'resetBeforeHead')
    const body = new ManualBody(6)
    const call = h.call(h.transport(), h.target(backend.url), { method: 'POST', body })
    await body.untilOpen()
    body.data('abc')
    t.equal(await call.sink.ended(), 'failed')
    t.equal(call.sink.error?.code, 'connection_terminated')
    t.equal(call.sink.sent, 'partly')
    t.equal(body.closed, true)
  })

  for (const [title, bytes, how] of TRUNCATED) {
    test(`truncated: ${title}`, async (t, h) => {
      const backend = await startBackend(t, respond(reply => {
        if (how === 'close') reply.end(bytes)
        else reply.write(bytes)
      }))
      const { sink } = h.call(h.transport(), h.target(backend.url))
      if (how === 'reset') {
        await sink.until(() => sink.text === 'partial')
        backend.kill()
      }
      t.equal(await sink.ended(), 'failed', 'never an end')
      t.equal(sink.error?.code, 'http_response_incomplete')
      t.equal(sink.sent, 'all')
      t.equal(sink.status, 200)
      t.equal(sink.text, bytes.includes('partial') ? 'partial' : '')
    })
  }

  for (const [title, bytes, ...codes] of BAD_HEADS) {
    test(`a bad head: ${title}`, async (t, h) => {
      const backend = await startBackend(t, behaviours.bytes(bytes))
      const sink = await h.done(h.transport(), h.target(backend.url), { responseHead: 60_000, idleBody: 60_000 })
      t.equal(sink.ending, 'failed')
      t.equal(sink.status, 0)
      t.ok(sink.error !== null && codes.includes(sink.error.code), sink.why)
      t.equal(sink.sent, 'all')
      await backend.until(() => backend.connections.open === 0)
    })
  }

  for (const [title, bytes] of BAD_BODIES) {
    test(`a bad body: ${title}`, async (t, h) => {
      const backend = await startBackend(t, behaviours.bytes(bytes))
      const sink = await h.done(h.transport(), h.target(backend.url))
      t.equal(sink.ending, 'failed')
      t.ok(sink.error?.code === 'http_protocol_error' || sink.error?.code === 'http_response_transfer_coding', sink.why)
      await backend.until(() => backend.connections.open === 0)
    })
  }

  test('CVE-2026-1525: two Content-Lengths', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    for (const fields of ['Content-Length: 2\r\nContent-Length: 4', 'Content-Length: 4\r\ncontent-length: 2', 'Content-Length: 2, 4']) {
      backend.behave(behaviours.bytes(`${OK}${fields}\r\n\r\nokok`))
      const sink = await h.done(transport, h.target(backend.url))
      t.equal(sink.ending, 'failed', fields)
      t.equal(sink.error?.code, 'http_protocol_error')
      t.equal(sink.status, 0, 'the head is not passed on')
    }
  })

  test('CVE-2026-1525: two Content-Lengths in a request', async (t, h) => {
    const backend = await startBackend(t)
    const sink = await h.done(h.transport(), h.target(backend.url), { method: 'POST', headers: ['Host', 'a', 'Content-Length', '2', 'content-length', '4'] })
    t.equal(sink.error?.code, 'http_request_error')
    t.equal(sink.sent, 'nothing')
    t.equal(backend.requests.length, 0)
  })

  test('a body longer than it says: cut at its length, and the rest is nobody\'s response', async (t, h) => {
    const backend = await startBackend(t, behaviours.lyingLength(5, 'shortHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil', false))
    const transport = h.transport()
    const target = h.target(backend.url)
    const sink = await h.done(transport, target)
    // Whether the surplus, which came in the same packet, spoils the response itself is the implementation's choice.
    if (sink.ending === 'end') t.equal(sink.text, 'short')
    else t.equal(sink.error?.code, 'http_protocol_error')
    backend.behave('ok')
    t.equal((await h.done(transport, target)).text, 'ok')
    t.equal(backend.connections.opened, 2)
  })

  test('a head of more than a megabyte', async (t, h) => {
    const backend = await startBackend(t, behaviours.bytes(`${OK}X-A: ${'a'.repeat(1024 ** 2)}\r\nContent-Length: 2\r\n\r\nok`))
    const sink = await h.done(h.transport(), h.target(backend.url))
    t.equal(sink.error?.code, 'http_response_header_section_size')
    await backend.until(() => backend.connections.open === 0)
  })

  test('a head that never ends', async (t, h) => {
    const backend = await startBackend(t, respond(reply => {
      reply.write(OK)
      const more = (): void => { if (!reply.socket.destroyed) reply.socket.write('X-A: b\r\n'.repeat(100), () => { setImmediate(more) }) }
      more()
    }))
    const sink = await h.done(h.transport(), h.target(backend.url))
    t.equal(sink.error?.code, 'http_response_header_section_size')
    await backend.until(() => backend.connections.open === 0)
  })

  test('101 that nobody asked for', async (t, h) => {
    const backend = await startBackend(t, behaviours.upgrade('first'))
    const sink = await h.done(h.transport(), h.target(backend.url))
    t.equal(sink.ending, 'failed')
    t.equal(sink.error?.code, 'http_protocol_error')
    await backend.until(() => backend.connections.open === 0)
  })
}
