import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import t from 'tap'
import { parseTraceParent } from '../../src/proxy/trace-parent.js'
import { behaviours, startBackend, type Backend } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { startTestProxy } from '../fixtures/proxy.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const PARENT = `00-${TRACE}-${SPAN}-01`

const exporter = new InMemorySpanExporter()

/** The spans that have ended since the last call, the first to end first. */
function spans (): ReadableSpan[] {
  const ended = exporter.getFinishedSpans()
  exporter.reset()
  return ended
}

function received (backend: Backend, name: string, number = 0): string | undefined {
  const request = backend.requests[number]
  return request?.values(name)[0]
}

t.test('without an SDK: what a client sends is passed on as it is, a request without gets one of its own', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { config: { tracing: true } })
  await get(t, proxy.port, '/', `traceparent: ${PARENT}`, 'tracestate: a=b')
  t.equal(received(backend, 'traceparent'), PARENT)
  t.equal(received(backend, 'tracestate'), 'a=b')
  await get(t, proxy.port, '/')
  t.equal(parseTraceParent(received(backend, 'traceparent', 1))?.flags, 0)
  await get(t, proxy.port, '/', 'traceparent: nonsense')
  t.not(parseTraceParent(received(backend, 'traceparent', 2)), null, 'what is none is replaced')
})

t.test('switched off: nothing is added', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  await get(t, proxy.port, '/')
  t.equal(received(backend, 'traceparent'), undefined)
})

t.test('with an SDK', async t => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  t.teardown(() => { trace.disable() })
  t.beforeEach(() => { exporter.reset() })

  t.test('a request and its attempt are spans of the client\'s trace, and the target is told the attempt', async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], { config: { tracing: true } })
    await get(t, proxy.port, '/shop?secret=1', `traceparent: ${PARENT}`)
    await proxy.log.request()
    const [attempt, request] = spans()
    t.match(request, { name: 'GET /', kind: SpanKind.SERVER, attributes: { 'http.request.method': 'GET', 'url.path': '/shop', 'http.route': '/', 'http.response.status_code': 200, 'headrace.pool': 'main', 'headrace.attempts': 1 } })
    t.match(attempt, { kind: SpanKind.CLIENT, attributes: { 'server.address': '127.0.0.1', 'server.port': backend.port, 'http.response.status_code': 200 } })
    t.equal(request?.spanContext().traceId, TRACE)
    t.equal(request?.parentSpanContext?.spanId, SPAN)
    t.equal(attempt?.parentSpanContext?.spanId, request?.spanContext().spanId)
    t.equal(received(backend, 'traceparent'), `00-${TRACE}-${attempt?.spanContext().spanId}-01`)
  })

  t.test('a second attempt is a span of its own; the failed one says why', async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [`http://127.0.0.1:${await closedPort(t)}`, backend.url], { config: { tracing: true } })
    await get(t, proxy.port, '/')
    await proxy.log.request()
    const [first, second, request] = spans()
    t.match(first, { status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'connection_refused' } })
    t.match(second, { status: { code: SpanStatusCode.UNSET }, attributes: { 'http.request.resend_count': 1, 'http.response.status_code': 200 } })
    t.match(request, { status: { code: SpanStatusCode.UNSET }, attributes: { 'headrace.attempts': 2 } })
    t.equal(request?.parentSpanContext, undefined, 'it begins a trace')
  })

  t.test('what fails, and what a client leaves, ends too', async t => {
    const hanging = await startBackend(t, 'hang')
    const proxy = await startTestProxy(t, [hanging.url], { config: { tracing: true } })
    const client = (await connect(t, proxy.port)).get('/')
    await hanging.until(() => hanging.requests.length === 1)
    client.leave()
    await proxy.log.request()
    t.match(spans(), [{ attributes: { 'headrace.cancelled': true } }, { status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'client_closed' } }])
    hanging.behave(behaviours.ok({ status: 503 }))
    await get(t, proxy.port, '/')
    await proxy.log.request(2)
    t.match(spans(), [{ status: { code: SpanStatusCode.ERROR } }, { status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': '503' } }])
  })
})
