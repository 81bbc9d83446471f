// Spans of requests and attempts, recorded by an SDK of your choice: npm install @opentelemetry/api @opentelemetry/sdk-trace-base
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { startProxy } from 'headrace'
import { startSampleBackends } from './sample-backends.mjs'

// In production: a BatchSpanProcessor with an OTLP exporter.
const exporter = new InMemorySpanExporter()
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))

const backends = await startSampleBackends()
const proxy = await startProxy({
  listen: { host: '127.0.0.1', port: 0 },
  tracing: true,
  // Nobody listens on the first target: its request is sent again.
  pools: { api: { targets: ['http://127.0.0.1:1', backends.targets[0]] } }
})

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const response = await fetch(`${proxy.addresses[0]}/users`, { headers: { traceparent } })
console.log(`GET /users: ${response.status} ${await response.text()}`)
await proxy.close()
backends.close()

for (const span of exporter.getFinishedSpans()) {
  const { 'http.response.status_code': status, 'error.type': error, 'headrace.attempts': attempts } = span.attributes
  console.log(`${span.name}: trace ${span.spanContext().traceId}, ${[error ?? status, attempts && `${attempts} attempts`].filter(Boolean).join(', ')}`)
}
