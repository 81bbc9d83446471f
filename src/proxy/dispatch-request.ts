import { stringify } from 'node:querystring'
import { Readable } from 'node:stream'
import { errors, Response as UndiciResponse, type Dispatcher } from 'undici'
import type { AttemptTimeouts } from '../transport/transport.js'
import { BytesBody, bytesOf, StreamBody, type BodyWatcher, type DispatchBody } from './dispatch-body.js'
import { dispatchHeaders } from './dispatch-headers.js'
import type { ExchangeHead } from './exchange-head.js'

/** A request as a dispatcher's user describes it, ready for an exchange. */
export interface DispatchRequest {
  readonly head: ExchangeHead
  readonly body: DispatchBody | null
}

type Options = Dispatcher.DispatchOptions

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const PATH = /^\/[\x21-\xff]*$/

/** Methods for which the lack of a body is worth a word (RFC 9110, section 8.6). */
const EXPECTS_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

/**
 * Reads what was given to `dispatch`.
 * @param defaults time limits where the options are silent.
 * @throws {errors.UndiciError} if it cannot be sent.
 */
export function dispatchRequest (options: Options, defaults: AttemptTimeouts, watcher: BodyWatcher): DispatchRequest {
  const { method } = options
  if (typeof method !== 'string' || !TOKEN.test(method)) throw new errors.InvalidArgumentError('invalid request method')
  if (method === 'CONNECT') throw new errors.NotSupportedError('CONNECT is not supported: a pool has no place beyond its targets')
  const path = readPath(options)
  const timeouts = {
    responseHead: readTimeout(options.headersTimeout, defaults.responseHead, 'headersTimeout'),
    idleBody: readTimeout(options.bodyTimeout, defaults.idleBody, 'bodyTimeout')
  }
  const upgrade = readUpgrade(options.upgrade)
  const { fields, host, contentLength, hasContentType, close } = dispatchHeaders(options.headers)
  const { body, contentType } = readBody(options.body, contentLength, watcher)
  const headers = ['Host', host ?? '', ...fields]
  if (contentType !== null && !hasContentType) headers.push('Content-Type', contentType)
  if (body === null ? EXPECTS_BODY.has(method) : body.length !== null) headers.push('Content-Length', String(body?.length ?? 0))
  if ((options.reset === true || close) && upgrade === null) headers.push('Connection', 'close')
  const named = { hostIndex: 1, hostFromTarget: host === null, requestId: '', originalPath: path, clientAddress: null }
  return { head: { method, path, headers, upgrade, timeouts, urgent: false, freshConnection: false, debug: false, received: fields, ...named }, body }
}

function readPath ({ path, query }: Options): string {
  if (typeof path !== 'string' || !PATH.test(path)) throw new errors.InvalidArgumentError('invalid request path: it must start with a slash and hold no spaces')
  if (query === undefined || query === null) return path
  if (/[?#]/.test(path)) throw new errors.InvalidArgumentError('a path that has a "?" or "#" cannot take a query too')
  const text = stringify(query)
  return text === '' ? path : `${path}?${text}`
}

function readTimeout (given: unknown, otherwise: number, name: string): number {
  if (given === undefined || given === null) return otherwise
  if (typeof given !== 'number' || !Number.isFinite(given) || given < 0) throw new errors.InvalidArgumentError(`invalid ${name}`)
  return given
}

function readUpgrade (given: unknown): string | null {
  if (given === undefined || given === null || given === false || given === '') return null
  if (typeof given !== 'string' || !/^[\t\x20-\x7e\x80-\xff]+$/.test(given)) throw new errors.InvalidArgumentError('upgrade must be a string')
  return given
}

interface ReadBody {
  readonly body: DispatchBody | null
  /** What the body itself says it is. */
  readonly contentType: string | null
}

function readBody (given: unknown, declared: number | null, watcher: BodyWatcher): ReadBody {
  if (given === undefined || given === null) return { body: null, contentType: null }
  const bytes = bytesOf(given)
  if (bytes !== null) return { body: bytes.length === 0 ? null : bytesBody(bytes, declared, watcher), contentType: null }
  if (isFormData(given)) {
    // Each `Response` knows only the FormData of its own undici: Node's, or the package's.
    const { body, headers } = given instanceof FormData ? new Response(given) : new UndiciResponse(given)
    return { body: streamBody(body ?? [], declared, watcher), contentType: headers.get('content-type') }
  }
  if (given instanceof Blob) {
    fits(given.size, declared)
    return { body: streamBody(given.stream(), given.size, watcher), contentType: given.type === '' ? null : given.type }
  }
  return { body: streamBody(given, declared, watcher), contentType: null }
}

function bytesBody (bytes: Buffer, declared: number | null, watcher: BodyWatcher): DispatchBody {
  fits(bytes.length, declared)
  return new BytesBody(bytes, watcher)
}

function fits (length: number, declared: number | null): void {
  if (declared !== null && declared !== length) throw new errors.RequestContentLengthMismatchError()
}

function streamBody (given: unknown, length: number | null, watcher: BodyWatcher): DispatchBody {
  if (given instanceof Readable) return new StreamBody(given, length, watcher)
  if (isAnyIterable(given)) return new StreamBody(Readable.from(given), length, watcher)
  throw new errors.InvalidArgumentError('body must be a string, a Buffer, a Readable stream, an iterable, or an async iterable')
}

function isFormData (value: unknown): value is FormData {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object FormData]'
}

function isAnyIterable (value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
}
