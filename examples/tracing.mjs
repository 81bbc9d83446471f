// Spans of a proxy that you run from your own code. Needs: npm install @opentelemetry/sdk-trace-node
import { ConsoleSpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { startProxy } from 'headrace'

// Registers itself as the one that records. In production: BatchSpanProcessor with an OTLP exporter.
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] }).register()

const proxy = await startProxy({
  listen: { host: '127.0.0.1', port: Number(process.env.PORT ?? 8080) },
  tracing: true,
  pools: { api: { targets: (process.env.TARGETS ?? 'http://127.0.0.1:3001').split(',') } }
})
console.log(`listening on ${proxy.addresses[0]}`)
