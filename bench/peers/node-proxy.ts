import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pathToFileURL } from 'node:url'
import fastify from 'fastify'
import type fastifyHttpProxy from '@fastify/http-proxy'
import { resolvePackage } from './node-proxies.js'

/** The process of one Node proxy. Arguments: package, directory it is found from, port, backends. */
const [name = '', modules = '', port = '0', ...backends] = process.argv.slice(2)
/** Connections to each backend. */
const CONNECTIONS = 64

let turn = 0
function next (): number {
  turn = (turn + 1) % backends.length
  return turn
}

/** The parts of http-proxy that are used here. */
interface HttpProxy {
  createProxyServer (options: { agent: Agent }): {
    web (request: IncomingMessage, response: ServerResponse, options: { target: string | undefined }): void
    on (event: 'error', listener: (error: Error, request: IncomingMessage, response: ServerResponse) => void): void
  }
}

/** The parts of fast-proxy that are used here. */
type FastProxy = (options: { base: string, undici: { connections: number, pipelining: number } }) => {
  proxy (request: IncomingMessage, response: ServerResponse, url: string | undefined, options: object): void
}

async function load<T> (): Promise<T> {
  const file = resolvePackage(name, modules)
  if (file === undefined) throw new Error(`${name} is not to be found from ${modules}`)
  const module: { default: T } = await import(pathToFileURL(file).href)
  return module.default
}

const starts: Readonly<Record<string, () => Promise<void>>> = {
  '@fastify/http-proxy': async () => {
    const plugin = await load<typeof fastifyHttpProxy>()
    const app = fastify()
    await app.register(plugin, {
      upstream: '',
      undici: { connections: CONNECTIONS, pipelining: 1 },
      replyOptions: { getUpstream: () => backends[next()] ?? '' }
    })
    await app.listen({ host: '127.0.0.1', port: Number(port) })
  },
  'http-proxy': async () => {
    const proxy = (await load<HttpProxy>()).createProxyServer({ agent: new Agent({ keepAlive: true, maxSockets: 256 }) })
    proxy.on('error', (_error, _request, response) => { response.writeHead(502).end() })
    createServer((request, response) => { proxy.web(request, response, { target: backends[next()] }) }).listen(Number(port), '127.0.0.1')
  },
  'fast-proxy': async () => {
    const create = await load<FastProxy>()
    const proxies = backends.map(base => create({ base, undici: { connections: CONNECTIONS, pipelining: 1 } }))
    createServer((request, response) => { proxies[next()]?.proxy(request, response, request.url, {}) }).listen(Number(port), '127.0.0.1')
  }
}

await starts[name]?.()
