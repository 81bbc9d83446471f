import { errors } from 'undici'

/** What is special about the request fields of a dispatch. */
export interface DispatchHeaders {
  /** All other fields, names and values in turn, as they were given. */
  readonly fields: string[]
  /** Null if none was given: then each target is called by its own name. */
  readonly host: string | null
  readonly contentLength: number | null
  readonly hasContentType: boolean
  /** Was `Connection: close` asked for? */
  readonly close: boolean
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * Fields of the user's own hop, to the dispatcher: the hop to the target is framed by the transport. `Expect` would make the target
 * wait for a word that this interface has no place for.
 */
const OF_THIS_HOP: ReadonlySet<string> = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect'])

/**
 * Reads request fields in any shape that undici takes: an object, a flat array, an iterable of pairs; values may be lists, and those that
 * are undefined are left out.
 * @throws {errors.InvalidArgumentError} if a name or value cannot be sent, or `Host` or `Content-Length` is there twice.
 */
export function dispatchHeaders (given: unknown): DispatchHeaders {
  const fields: string[] = []
  let host: string | null = null
  let contentLength: number | null = null
  let hasContentType = false
  let close = false
  for (const [name, value] of pairs(given)) {
    if (typeof name !== 'string' || !TOKEN.test(name)) throw new errors.InvalidArgumentError('invalid header key')
    const lower = name.toLowerCase()
    for (const text of texts(name, value)) {
      if (lower === 'host') {
        if (host !== null) throw new errors.InvalidArgumentError('duplicate host header')
        host = text
      } else if (lower === 'content-length') {
        if (contentLength !== null) throw new errors.InvalidArgumentError('duplicate content-length header')
        contentLength = readLength(text)
      } else if (OF_THIS_HOP.has(lower)) {
        close ||= lower === 'connection' && /(?:^|[,\s])close(?:$|[,\s])/i.test(text)
      } else {
        hasContentType ||= lower === 'content-type'
        fields.push(name, text)
      }
    }
  }
  return { fields, host, contentLength, hasContentType, close }
}

function * pairs (given: unknown): Iterable<readonly [unknown, unknown]> {
  if (given === null || given === undefined) return
  if (Array.isArray(given)) {
    if (given.length % 2 !== 0) throw new errors.InvalidArgumentError('headers array must be even')
    for (let i = 0; i < given.length; i += 2) yield [given[i], given[i + 1]]
  } else if (isIterable(given)) {
    for (const pair of given) {
      if (!Array.isArray(pair) || pair.length !== 2) throw new errors.InvalidArgumentError('headers must be in key-value pair format')
      yield [pair[0], pair[1]]
    }
  } else if (typeof given === 'object') {
    yield * Object.entries(given)
  } else {
    throw new errors.InvalidArgumentError('headers must be an object or an array')
  }
}

function isIterable (value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value && typeof value[Symbol.iterator] === 'function'
}

function texts (name: string, value: unknown): readonly string[] {
  if (value === undefined) return []
  return (Array.isArray(value) ? value : [value]).map(item => {
    const text = item === null ? '' : typeof item === 'object' || typeof item === 'function' || typeof item === 'symbol' ? null : String(item)
    if (text === null || !VALUE.test(text)) throw new errors.InvalidArgumentError(`invalid ${name} header`)
    return text
  })
}

function readLength (text: string): number {
  const length = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(length)) throw new errors.InvalidArgumentError('invalid content-length header')
  return length
}
