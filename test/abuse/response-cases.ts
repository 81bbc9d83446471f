import { BAD, BARE_LINE_FEEDS, wire } from '../transport/http1/corpus.js'

/** What a target sends in answer to a request, and what must become of it. */
export interface ResponseCase {
  readonly name: string
  readonly method?: string
  /** Fields of the request, each with its line end. */
  readonly asking?: string
  /** Latin-1. */
  readonly bytes: string
  /** Sent behind the bytes, over and over, until the connection is gone. */
  readonly endless?: string
  /** How the target ends the connection behind the bytes; default: not at all. */
  readonly ends?: 'fin' | 'reset'
  /** `refused`: 502. `cut`: the client's connection is reset in the middle. Else: this status and body, and nothing else. */
  readonly outcome: 'refused' | 'cut' | { readonly status: number, readonly body: string }
}

const OK = 'HTTP/1.1 200 OK\r\n'
const EVIL = `${OK}Content-Length: 4\r\n\r\nevil`
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`
const fine = { status: 200, body: 'ok' }

function refused (...pairs: ReadonlyArray<readonly [name: string, bytes: string]>): ResponseCase[] {
  return pairs.map(([name, bytes]) => ({ name, bytes, outcome: 'refused' }))
}

function cut (...pairs: ReadonlyArray<readonly [name: string, bytes: string]>): ResponseCase[] {
  return pairs.map(([name, bytes]) => ({ name, bytes, outcome: 'cut' }))
}

/** The answer is right, and whatever comes with it reaches nobody. */
function answered (outcome: ResponseCase['outcome'], ...pairs: ReadonlyArray<readonly [name: string, bytes: string]>): ResponseCase[] {
  return pairs.map(([name, bytes]) => ({ name, bytes, outcome }))
}

const splitting: readonly ResponseCase[] = [
  ...refused(
    ['two status lines', `${OK}${OK}\r\n`],
    ['a status line among the fields', `${OK}X: a\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`],
    ['a response behind a bare CR in a value', `${OK}X: a\r\rSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n`],
    ['a field behind a bare CR', `${OK}X: a\rSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n`],
    ['a field behind a bare LF', `${OK}X: a\nSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n`],
    ['an empty line of bare LFs', `${OK}X: a\n\n${EVIL}`],
    ['a NUL in a name', `${OK}X\0: a\r\nContent-Length: 0\r\n\r\n`],
    ['a field behind a NUL', `${OK}X: a\0\r\nContent-Length: 0\r\n\r\n`],
    ['a field behind a vertical tab', `${OK}X: a\x0bSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n`],
    ['a field in a reason phrase', 'HTTP/1.1 200 OK\rSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n'],
    ['bytes before the response', `evil${EVIL}`],
    ['a line before the response', `\r\n${EVIL}`],
    ['a space before the response', ` ${EVIL}`],
    ['a NUL before the response', `\0${EVIL}`],
    ['a request for a response', 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['HTTP/0.9', '<html>evil</html>'],
    ['an HTTP/2 frame', '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff'],
    ['a TLS alert', '\x15\x03\x01\0\x02\x02\x28'],
    ['a status of 000', 'HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a status of 1000', 'HTTP/1.1 1000 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a negative status', 'HTTP/1.1 -200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a status in letters', 'HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n'],
    ['no status', 'HTTP/1.1\r\nContent-Length: 0\r\n\r\n'],
    ['a tab before the status', 'HTTP/1.1\t200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a tab behind the status', 'HTTP/1.1 200\tOK\r\nContent-Length: 0\r\n\r\n']
  ),
  ...answered({ status: 200, body: 'ok' },
    ['a second response behind the first', `${OK}Content-Length: 2\r\n\r\nok${EVIL}`],
    ['a hundred responses behind the first', `${OK}Content-Length: 2\r\n\r\nok${EVIL.repeat(100)}`],
    ['a response behind a chunked one', `${CHUNKED}2\r\nok\r\n0\r\n\r\n${EVIL}`],
    ['an interim response behind the final one', `${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 100 Continue\r\n\r\n`],
    ['an empty line behind the response', `${OK}Content-Length: 2\r\n\r\nok\r\n`],
    ['no reason phrase', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok'],
    ['a Connection that lists the framing', `${OK}Connection: content-length, keep-alive\r\nContent-Length: 2\r\n\r\nok`],
    ['a Connection that lists the other framing', `${OK}Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ['Connection: Upgrade without a 101', `${OK}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok`],
    ['Keep-Alive beyond measure', `${OK}Keep-Alive: timeout=999999999999999999999\r\nContent-Length: 2\r\n\r\nok`],
    ['Keep-Alive: timeout=0', `${OK}Keep-Alive: timeout=0, max=0\r\nContent-Length: 2\r\n\r\nok`],
    ['Keep-Alive that is none', `${OK}Keep-Alive: timeout=-1, timeout=, =, ,\r\nContent-Length: 2\r\n\r\nok`],
    ['names that look like framing', `${OK}Content_Length: 99\r\nTransfer_Encoding: chunked\r\nContent-Length: 2\r\n\r\nok`],
    ['trailers with a length are nobody\'s', `${OK}Trailer: X-Sum\r\nContent-Length: 2\r\n\r\nokX-Sum: 6\r\n\r\n`]
  ),
  { name: 'a status of 999', bytes: 'HTTP/1.1 999 What\r\nContent-Length: 2\r\n\r\nok', outcome: { status: 999, body: 'ok' } },
  { name: '304 with a body', bytes: `HTTP/1.1 304 Not Modified\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`, outcome: { status: 304, body: '' } },
  { name: '304 with chunks', bytes: `HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n${EVIL}`, outcome: { status: 304, body: '' } },
  { name: '204 with a body', bytes: `HTTP/1.1 204 No Content\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`, outcome: { status: 204, body: '' } },
  { name: '204 with chunks', bytes: `HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n${EVIL}`, outcome: { status: 204, body: '' } },
  { name: 'HEAD with a body', method: 'HEAD', bytes: `${OK}Content-Length: ${EVIL.length}\r\n\r\n${EVIL}`, outcome: { status: 200, body: '' } },
  { name: 'HEAD with chunks', method: 'HEAD', bytes: `${CHUNKED}4\r\nevil\r\n0\r\n\r\n${EVIL}`, outcome: { status: 200, body: '' } },
  { name: 'HEAD with an endless body', method: 'HEAD', bytes: `${OK}\r\n`, endless: 'evil'.repeat(16_384), outcome: { status: 200, body: '' } },
  { name: 'an endless stream behind a response', bytes: `${OK}Content-Length: 2\r\n\r\nok`, endless: EVIL.repeat(1000), outcome: fine },
  { name: 'endless chunks behind a 204', bytes: 'HTTP/1.1 204 No Content\r\n\r\n', endless: '4\r\nevil\r\n'.repeat(1000), outcome: { status: 204, body: '' } }
]

const switching: readonly ResponseCase[] = [
  ...refused(
    ['a 101 that nobody asked for', `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n${EVIL}`],
    ['a 101 with a length', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\nevil'],
    ['a 101 for h2c', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
    ['a 101 behind an interim response', 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n']
  ),
  ...refused(
    ['an upgrade that names no protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\nevil'],
    ['an upgrade that Connection does not list', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nevil'],
    ['an upgrade in HTTP/1.0', 'HTTP/1.0 101 Switching Protocols\r\nUpgrade: x\r\n\r\nevil'],
    ['an upgrade with chunks and a length', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nevil']
  ).map((item): ResponseCase => ({ ...item, asking: 'Connection: Upgrade\r\nUpgrade: x\r\n' })),
  { name: 'an upgrade refused with a response behind the refusal', asking: 'Connection: Upgrade\r\nUpgrade: x\r\n', bytes: `${OK}Content-Length: 2\r\n\r\nok${EVIL}`, outcome: fine }
]

const framing: readonly ResponseCase[] = [
  ...refused(
    ['CL + TE', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['TE: gzip', `${OK}Transfer-Encoding: gzip\r\n\r\nx`],
    ['TE: gzip, chunked', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['TE: identity', `${OK}Transfer-Encoding: identity\r\n\r\nx`],
    ['TE: "chunked"', `${OK}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
    ['TE: chunked;x', `${OK}Transfer-Encoding: chunked;x\r\n\r\n0\r\n\r\n`],
    ['CL and an empty CL', `${OK}Content-Length: 2\r\nContent-Length:\r\n\r\nok`],
    ['CL: 2;x', `${OK}Content-Length: 2;x\r\n\r\nok`],
    ['CL of 2^64 + 2', `${OK}Content-Length: 18446744073709551618\r\n\r\nok`]
  ),
  ...cut(
    ['a negative chunk size', `${CHUNKED}2\r\nok\r\n-2\r\nok\r\n0\r\n\r\n`],
    ['a chunk size that overflows', `${CHUNKED}2\r\nok\r\nfffffffffffffffff\r\nok\r\n0\r\n\r\n`],
    ['a chunk size that is a word', `${CHUNKED}2\r\nok\r\nHTTP/1.1 200 OK\r\n\r\n`],
    ['a huge chunk extension', `${CHUNKED}2\r\nok\r\n2;${'x'.repeat(100_000)}\r\nok\r\n0\r\n\r\n`],
    ['a bare LF behind a chunk', `${CHUNKED}2\r\nok\n0\r\n\r\n`],
    ['a status line for a trailer', `${CHUNKED}2\r\nok\r\n0\r\n${EVIL}`],
    ['a folded trailer', `${CHUNKED}2\r\nok\r\n0\r\nX: a\r\n b\r\n\r\n`],
    ['a NUL in a trailer', `${CHUNKED}2\r\nok\r\n0\r\nX: a\0b\r\n\r\n`],
    ['a length in the trailers', `${CHUNKED}2\r\nok\r\n0\r\nContent-Length: 99\r\n\r\n`],
    ['a coding in the trailers', `${CHUNKED}2\r\nok\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n`]
  ),
  { name: 'endless fields', bytes: OK, endless: 'X: y\r\n'.repeat(1000), outcome: 'refused' },
  { name: 'an endless field', bytes: `${OK}X: `, endless: 'y'.repeat(65_536), outcome: 'refused' },
  { name: 'an endless name', bytes: OK, endless: 'y'.repeat(65_536), outcome: 'refused' },
  { name: 'an endless reason phrase', bytes: 'HTTP/1.1 200 ', endless: 'y'.repeat(65_536), outcome: 'refused' },
  { name: 'endless white space before a value', bytes: `${OK}X:`, endless: ' '.repeat(65_536), outcome: 'refused' },
  { name: 'endless interim responses', bytes: '', endless: 'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n'.repeat(100), outcome: 'refused' },
  { name: 'endless 100s', bytes: '', endless: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100), outcome: 'refused' },
  { name: 'endless empty lines', bytes: '', endless: '\r\n'.repeat(1000), outcome: 'refused' },
  { name: 'endless garbage', bytes: '', endless: '\xde\xad\xbe\xef'.repeat(1000), outcome: 'refused' },
  { name: 'an endless chunk extension', bytes: `${CHUNKED}2;a=`, endless: 'x'.repeat(65_536), outcome: 'cut' },
  { name: 'an endless quoted chunk extension', bytes: `${CHUNKED}2;a="`, endless: '\\x'.repeat(32_768), outcome: 'cut' },
  { name: 'an endless chunk size', bytes: CHUNKED, endless: '0'.repeat(65_536), outcome: 'cut' },
  { name: 'endless trailers', bytes: `${CHUNKED}2\r\nok\r\n0\r\n`, endless: 'X: y\r\n'.repeat(1000), outcome: 'cut' },
  { name: 'an endless trailer', bytes: `${CHUNKED}2\r\nok\r\n0\r\nX: `, endless: 'y'.repeat(65_536), outcome: 'cut' }
]

/** A response in the middle of which a target ends the connection, at every byte of it. */
function endings (name: string, whole: string, ends: 'fin' | 'reset'): ResponseCase[] {
  const headEnd = whole.lastIndexOf('\r\n\r\n', whole.indexOf('ok')) + 4
  return Array.from({ length: whole.length }, (_, length): ResponseCase => ({
    name: `${name}, ${ends} after ${length} bytes`, bytes: whole.slice(0, length), ends, outcome: length < headEnd ? 'refused' : 'cut'
  }))
}

const early: readonly ResponseCase[] = [
  ...endings('a length', `${OK}Content-Length: 2\r\n\r\nok`, 'fin'),
  ...endings('chunks', `${CHUNKED}2\r\nok\r\n0\r\nX-A: b\r\n\r\n`, 'fin'),
  ...endings('an interim response', `HTTP/1.1 103 Early Hints\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`, 'fin'),
  ...endings('a length', `${OK}Content-Length: 2\r\n\r\nok`, 'reset'),
  ...endings('chunks', `${CHUNKED}2\r\nok\r\n0\r\nX-A: b\r\n\r\n`, 'reset'),
  { name: 'no length, and the end of the connection is the body\'s', bytes: `${OK}\r\nok`, ends: 'fin', outcome: fine },
  { name: 'a whole response and a reset', bytes: `${OK}Content-Length: 2\r\n\r\nok`, ends: 'reset', outcome: fine }
]

/** What the response parser is held to, through all of the proxy. A bad body is refused or cut, according to how much of the head had left. */
const corpus: readonly ResponseCase[] = [
  ...BAD.filter(({ upgrade }) => upgrade !== true).map(({ title, bytes, method, code }): ResponseCase => ({
    name: `the parser's corpus: ${title}`,
    bytes: wire(bytes).toString('latin1'),
    ...(method === undefined ? {} : { method }),
    outcome: afterHead(bytes, code) ? 'cut' : 'refused'
  })),
  ...BARE_LINE_FEEDS.map((bytes): ResponseCase => ({ name: `a bare LF: ${JSON.stringify(bytes)}`, bytes, outcome: bytes.startsWith(CHUNKED) ? 'cut' : 'refused' }))
]

/** Is it the body that is bad? */
function afterHead (bytes: string, code: string): boolean {
  return bytes.startsWith('HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n') && (code === 'http_response_transfer_coding' || /\n0\n/.test(bytes))
}

/** All of them. */
export const responseCases: readonly ResponseCase[] = [...splitting, ...switching, ...framing, ...early, ...corpus]
