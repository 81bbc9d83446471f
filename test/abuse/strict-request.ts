/** One request as a target that takes nothing but the plain grammar of RFC 9112 reads it. */
export interface StrictRequest {
  readonly method: string
  readonly target: string
  readonly head: string
  /** Names in lower case and values, in turn. */
  readonly fields: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
}

/** What the bytes of one connection are. */
export interface StrictReading {
  /** The complete requests, in order. */
  readonly requests: readonly StrictRequest[]
  /** What a part of a message was found to be unclear by; null if nothing was. */
  readonly fault: string | null
  /** How many bytes belong to a request that has not come to its end. */
  readonly left: number
}

const REQUEST_LINE = /^[A-Z-]+ [\x21-\x7e\x80-\xff]+ HTTP\/1\.1$/
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)$/
const HOST = /^[A-Za-z0-9._~!$&'()*+;=%:[\]-]*$/
const LENGTH = /^(?:0|[1-9][0-9]{0,14})$/
const CHUNK_SIZE = /^(?:0|[1-9a-f][0-9a-f]{0,12})$/
/** What a CGI-like target makes the same of as the name with hyphens. */
const GUARDED = /^(?:content-length|transfer-encoding|host|connection|upgrade|te|trailer|x-forwarded-.*|forwarded|x-real-ip|proxy-authorization)$/

class Unclear extends Error {}

/**
 * Reads all the bytes that came on a connection. It takes a message only if there is one way to read it: exact line ends, one
 * framing, one Host, no field whose name could be taken for another's.
 */
export function readStrictly (bytes: Buffer): StrictReading {
  const text = bytes.toString('latin1')
  const requests: StrictRequest[] = []
  let at = 0
  try {
    while (at < text.length) {
      const read = readRequest(text, at)
      if (read === null) break
      requests.push(read.request)
      at = read.end
    }
  } catch (error) {
    if (!(error instanceof Unclear)) throw error
    return { requests, fault: error.message, left: text.length - at }
  }
  return { requests, fault: null, left: text.length - at }
}

function readRequest (text: string, start: number): { request: StrictRequest, end: number } | null {
  const headEnd = text.indexOf('\r\n\r\n', start)
  if (headEnd === -1) return null
  const head = text.slice(start, headEnd)
  const [line = '', ...lines] = head.split('\r\n')
  if (!REQUEST_LINE.test(line)) throw new Unclear(`request line: ${JSON.stringify(line)}`)
  const [method = '', target = ''] = line.split(' ')
  const fields = lines.flatMap(readField)
  const body = readBody(text, headEnd + 4, framing(fields))
  return body === null ? null : { request: { method, target, head, fields, body: body.body, trailers: body.trailers }, end: body.end }
}

function readField (line: string): [string, string] {
  const match = FIELD.exec(line)
  if (match === null) throw new Unclear(`field: ${JSON.stringify(line.slice(0, 200))}`)
  const [, name = '', value = ''] = match
  const lower = name.toLowerCase()
  const read = lower.replace(/[^a-z0-9-]/g, '-')
  if (read !== lower && GUARDED.test(read)) throw new Unclear(`a name that may be read as another: ${name}`)
  return [lower, value]
}

export function valuesOf (fields: readonly string[], name: string): string[] {
  return fields.filter((_, i) => i % 2 === 1 && fields[i - 1] === name)
}

/** @returns the body's length; null = in chunks. */
function framing (fields: readonly string[]): number | null {
  const hosts = valuesOf(fields, 'host')
  if (hosts.length !== 1 || !HOST.test(hosts[0] ?? '')) throw new Unclear(`Host: ${JSON.stringify(hosts)}`)
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (lengths.length + codings.length > 1) throw new Unclear(`framed twice: ${JSON.stringify([...lengths, ...codings])}`)
  if (codings.length === 1) {
    if (codings[0] !== 'chunked') throw new Unclear(`Transfer-Encoding: ${codings[0]}`)
    return null
  }
  const [length = '0'] = lengths
  if (!LENGTH.test(length)) throw new Unclear(`Content-Length: ${length}`)
  return Number(length)
}

function readBody (text: string, start: number, length: number | null): { body: string, trailers: string[], end: number } | null {
  if (length !== null) return text.length < start + length ? null : { body: text.slice(start, start + length), trailers: [], end: start + length }
  let body = ''
  for (let at = start; ;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd === -1) return null
    const line = text.slice(at, lineEnd)
    if (!CHUNK_SIZE.test(line)) throw new Unclear(`chunk size: ${JSON.stringify(line.slice(0, 200))}`)
    const size = Number.parseInt(line, 16)
    if (size === 0) return readTrailers(text, lineEnd + 2, body)
    const dataEnd = lineEnd + 2 + size
    if (text.length < dataEnd + 2) return null
    if (text.slice(dataEnd, dataEnd + 2) !== '\r\n') throw new Unclear('a chunk that does not end where it says')
    body += text.slice(lineEnd + 2, dataEnd)
    at = dataEnd + 2
  }
}

function readTrailers (text: string, start: number, body: string): { body: string, trailers: string[], end: number } | null {
  if (text.startsWith('\r\n', start)) return { body, trailers: [], end: start + 2 }
  const end = text.indexOf('\r\n\r\n', start)
  if (end === -1) return null
  const trailers = text.slice(start, end).split('\r\n').flatMap(readField)
  for (const [i, name] of trailers.entries()) if (i % 2 === 0 && GUARDED.test(name)) throw new Unclear(`a trailer that frames or addresses: ${name}`)
  return { body, trailers, end: end + 4 }
}
