import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, createTraceState, trace, type Context } from '@opentelemetry/api'
import { AlwaysOffSampler, BasicTracerProvider, InMemorySpanExporter, SamplingDecision, SimpleSpanProcessor, type ReadableSpan, type Sampler } from '@opentelemetry/sdk-trace-base'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import headrace from '../../src/index.js'
import { parseTraceParent } from '../../src/proxy/trace-parent.js'
import { behaviours, startBackend, type Backend } from '../fixtures/backend.js'
import { connect, exchange, get } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { directory } from '../fixtures/directory.js'
import { startProgram } from '../fixtures/program.js'
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

/** What begins a new trace: fields of a client, and why. */
const restarts: ReadonlyArray<readonly [why: string, fields: readonly string[]]> = [
  ['two traceparent fields', [`traceparent: ${PARENT}`, `Traceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]],
  ['the same traceparent twice', [`traceparent: ${PARENT}`, `traceparent: ${PARENT}`]],
  ['two with something between them', [`traceparent: ${PARENT}`, 'Accept: */*', 'TRACEPARENT: nonsense']],
  ['version ff', [`traceparent: ff-${TRACE}-${SPAN}-01`]],
  ['upper case', [`traceparent: 00-${TRACE.toUpperCase()}-${SPAN}-01`]],
  ['a trace id of zeros', [`traceparent: 00-${'0'.repeat(32)}-${SPAN}-01`]],
  ['a span id of zeros', [`traceparent: 00-${TRACE}-${'0'.repeat(16)}-01`]],
  ['more than version 00 has', [`traceparent: ${PARENT}-more`]],
  ['less than version 00 has', [`traceparent: 00-${TRACE}-${SPAN}`]],
  ['an empty one', ['traceparent:']],
  ['none', []],
  ['one that is for the proxy alone', [`traceparent: ${PARENT}`, 'Connection: traceparent']]
]

/** Sends each of `restarts` with two `tracestate` fields, and looks at what the target gets; the host's name goes into `Host`, wherever that has moved. */
async function beginsAnew (t: Test): Promise<void> {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { config: { tracing: true, routes: [{ prefix: '/', pool: 'main', hostHeader: 'target' }] } })
  const host = new URL(backend.url).host
  for (const [number, [why, fields]] of restarts.entries()) {
    const lines = ['GET / HTTP/1.1', 'tracestate: a=b', ...fields, 'Host: shop.example', 'Tracestate: c=d', 'X-Last: 1']
    const { status } = await exchange(t, proxy.port, lines)
    t.equal(status, 200, why)
    const request = backend.requests[number]
    const [parent, ...more] = request?.values('traceparent') ?? []
    t.strictSame(more, [], `${why}: one traceparent`)
    const read = parseTraceParent(parent)
    t.ok(read !== null && read.traceId !== TRACE && read.traceId !== 'a'.repeat(32), `${why}: a new trace`)
    t.strictSame(request?.values('tracestate'), [], `${why}: no tracestate`)
    t.strictSame(request?.values('host'), [host], `${why}: the host is in its place`)
    t.strictSame(request?.values('x-last'), ['1'], `${why}: the others are as they were`)
  }
}

t.test('without an SDK: a traceparent that is invalid, missing or there twice begins a new trace, and tracestate ends', beginsAnew)

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

  t.test('a traceparent that is invalid, missing or there twice begins a new trace, and tracestate ends', beginsAnew)

  t.test('a request that begins a new trace is a root, and its attempt is what the target is told', async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], { config: { tracing: true } })
    await get(t, proxy.port, '/', `traceparent: ${PARENT}`, `traceparent: ${PARENT}`, 'tracestate: a=b')
    await proxy.log.request()
    const [attempt, request] = spans()
    t.equal(request?.parentSpanContext, undefined)
    t.equal(request?.spanContext().traceState, undefined)
    t.equal(received(backend, 'traceparent'), `00-${request?.spanContext().traceId}-${attempt?.spanContext().spanId}-01`)
  })

  t.test('no span has the query: there may be secrets in it', async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], { config: { tracing: true } })
    await get(t, proxy.port, '/shop?token=hidden&x=/y?z')
    await proxy.log.request()
    const ended = spans()
    t.equal(ended[0]?.attributes['url.full'], `${backend.url}/shop`)
    t.equal(ended[1]?.attributes['url.path'], '/shop')
    t.notMatch(JSON.stringify(ended.map(({ name, attributes }) => [name, attributes])), /hidden|\?/)
    t.equal(backend.requests[0]?.url, '/shop?token=hidden&x=/y?z', 'the target gets it')
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

t.test('with an SDK whose sampler does not want a request, the targets are told so, whatever the client wished', async t => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  t.teardown(() => { trace.disable() })
  exporter.reset()
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { config: { tracing: true } })
  await get(t, proxy.port, '/', `traceparent: ${PARENT}`, 'tracestate: a=b')
  await get(t, proxy.port, '/')
  await proxy.log.request(2)
  const [asked, begun] = [0, 1].map(number => parseTraceParent(received(backend, 'traceparent', number)))
  t.equal(asked?.traceId, TRACE)
  t.equal(asked?.flags, 0, 'not sampled')
  t.not(asked?.spanId, SPAN)
  t.equal(received(backend, 'tracestate'), 'a=b')
  t.equal(begun?.flags, 0)
  t.strictSame(spans(), [])
})

t.test('with an SDK whose sampler adds to the state of the trace: the targets hear of it, whether it records or not', async t => {
  for (const decision of [SamplingDecision.RECORD_AND_SAMPLED, SamplingDecision.NOT_RECORD]) {
    const sampler: Sampler = {
      shouldSample: context => ({ decision, traceState: (trace.getSpanContext(context)?.traceState ?? createTraceState()).set('ot', 'th:8') })
    }
    trace.setGlobalTracerProvider(new BasicTracerProvider({ sampler, spanProcessors: [new SimpleSpanProcessor(exporter)] }))
    t.teardown(() => { trace.disable() })
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], { config: { tracing: true } })
    await get(t, proxy.port, '/', `traceparent: ${PARENT}`, 'tracestate: a=b', 'tracestate: c=d')
    await get(t, proxy.port, '/')
    t.strictSame(backend.requests[0]?.values('tracestate'), ['ot=th:8,a=b,c=d'])
    t.strictSame(backend.requests[1]?.values('tracestate'), ['ot=th:8'])
    trace.disable()
  }
})

/** An SDK that knows in which span something happens. */
function registerWithContexts (t: Test): void {
  const store = new AsyncLocalStorage<Context>()
  context.setGlobalContextManager({
    active: () => store.getStore() ?? ROOT_CONTEXT,
    // It is called as it would be without us.
    with: (context, fn, self, ...args) => store.run(context, () => fn.apply(self as ThisParameterType<typeof fn>, args)),
    bind: (_context, target) => target,
    enable () { return this },
    disable () { return this }
  })
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  t.teardown(() => {
    trace.disable()
    context.disable()
  })
  exporter.reset()
}

t.test('requests are not in the span in which the proxy was started', async t => {
  registerWithContexts(t)
  const backend = await startBackend(t)
  const boot = trace.getTracer('app').startSpan('boot')
  const config = { tracing: true, pools: { main: { targets: [backend.url] } }, routes: [{ prefix: '/', pool: 'main' }] }
  const urls = await context.with(trace.setSpan(ROOT_CONTEXT, boot), async () => {
    const proxy = await startTestProxy(t, [backend.url], { config: { tracing: true } })
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(headrace, config)
    return [`http://127.0.0.1:${proxy.port}`, await app.listen({ host: '127.0.0.1', port: 0 })]
  })
  boot.end()
  for (const url of urls) for (const headers of [{}, { traceparent: PARENT }]) await (await fetch(url, { headers })).text()
  const traces = backend.requests.map(request => parseTraceParent(request.values('traceparent')[0])?.traceId)
  t.equal(traces.length, 4)
  t.notOk(traces.includes(boot.spanContext().traceId))
  t.strictSame([traces[1], traces[3]], [TRACE, TRACE])
})

t.test('in an app whose own spans surround the requests, ours are in theirs', async t => {
  registerWithContexts(t)
  const backend = await startBackend(t)
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('onRequest', (_request, reply, done) => {
    const span = trace.getTracer('app').startSpan('app')
    reply.raw.once('close', () => { span.end() })
    context.with(trace.setSpan(context.active(), span), done)
  })
  await app.register(headrace, { tracing: true, pools: { main: { targets: [backend.url] } }, routes: [{ prefix: '/', pool: 'main' }] })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  for (const headers of [{}, { traceparent: PARENT, tracestate: 'a=b' }]) await (await fetch(url, { headers })).text()
  await app.close()
  const ended = spans()
  for (const number of [0, 1]) {
    const app = ended.filter(({ name }) => name === 'app')[number]?.spanContext()
    const request = ended.filter(({ name }) => name === 'GET /')[number]
    t.equal(request?.parentSpanContext?.spanId, app?.spanId)
    t.equal(parseTraceParent(received(backend, 'traceparent', number))?.traceId, app?.traceId)
    t.equal(received(backend, 'tracestate', number), undefined, 'that of another trace')
  }
})

for (const workers of [1, 2]) {
  t.test(`the program, ${workers === 1 ? 'as one process' : 'with workers'}: the last spans are exported before it ends`, async t => {
    const backend = await startBackend(t)
    const file = join(await directory(t), 'spans')
    const program = await startProgram(t, { workers, tracing: true, pools: { main: { targets: [backend.url] } } }, {
      NODE_OPTIONS: `--import=${new URL('../fixtures/batching-sdk.mjs', import.meta.url).href}`, SPANS: file
    })
    for (let i = 0; i < 4; i++) await get(t, program.port, '/')
    t.match(await program.stop(), { code: 0 })
    t.equal(readFileSync(file, 'utf8').split('\n').filter(name => name === 'GET /').length, 4)
  })
}
