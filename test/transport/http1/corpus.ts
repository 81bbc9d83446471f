/** Responses that a parser has to take, and what they say; and responses that it has to refuse. `\n` stands for CRLF. */

export interface GoodResponse {
  readonly title: string
  readonly bytes: string
  readonly method?: string
  readonly upgrade?: boolean
  readonly status: number
  readonly headers?: readonly string[]
  readonly body?: string
  readonly trailers?: readonly string[]
  readonly informational?: readonly number[]
  /** Does the body end only with the connection? */
  readonly untilClose?: boolean
  readonly persistent?: boolean
  readonly upgraded?: boolean
  /** What is left after it. */
  readonly rest?: string
}

export interface BadResponse {
  readonly title: string
  readonly bytes: string
  readonly method?: string
  readonly upgrade?: boolean
  readonly untilClose?: boolean
  readonly code: string
}

export function wire (text: string): Buffer {
  return Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1')
}

export const GOOD: readonly GoodResponse[] = [
  { title: 'a small answer', bytes: 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello', status: 200, headers: ['Content-Length', '5'], body: 'hello' },
  { title: 'an empty body', bytes: 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', status: 200, body: '' },
  { title: 'no reason phrase', bytes: 'HTTP/1.1 200 \nContent-Length: 0\n\n', status: 200 },
  { title: 'neither reason phrase nor space', bytes: 'HTTP/1.1 200\nContent-Length: 0\n\n', status: 200 },
  { title: 'a status of its own', bytes: 'HTTP/1.1 999 \xe9t\xe9\nContent-Length: 0\n\n', status: 999 },
  { title: 'order, case and duplicates', bytes: 'HTTP/1.1 200 OK\nX-b: 1\nx-A: 2\nX-B: 3\ncontent-length: 0\n\n', status: 200, headers: ['X-b', '1', 'x-A', '2', 'X-B', '3', 'content-length', '0'] },
  { title: 'white space around values', bytes: 'HTTP/1.1 200 OK\nA: \t b c \t\nB:\nC: \t \nD:d\nContent-Length: 0\n\n', status: 200, headers: ['A', 'b c', 'B', '', 'C', '', 'D', 'd', 'Content-Length', '0'] },
  { title: 'bytes beyond ASCII', bytes: 'HTTP/1.1 200 OK\nA: \xfc\x80\xff\nContent-Length: 0\n\n', status: 200, headers: ['A', '\xfc\x80\xff', 'Content-Length', '0'] },
  { title: 'every character of a name', bytes: "HTTP/1.1 200 OK\n!#$%&'*+-.^_`|~09AZaz: 1\nContent-Length: 0\n\n", status: 200, headers: ["!#$%&'*+-.^_`|~09AZaz", '1', 'Content-Length', '0'] },
  { title: 'a length with leading zeros', bytes: 'HTTP/1.1 200 OK\nContent-Length: 0003\n\nabc', status: 200, body: 'abc' },
  { title: 'bytes that look like a head in the body', bytes: 'HTTP/1.1 200 OK\nContent-Length: 10\n\n\n\nHTTP/1', status: 200, body: '\r\n\r\nHTTP/1' },
  { title: 'bytes after the end', bytes: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nokHTTP/1.1', status: 200, body: 'ok', rest: 'HTTP/1.1' },
  { title: 'HEAD', method: 'HEAD', bytes: 'HTTP/1.1 200 OK\nContent-Length: 500\n\n', status: 200, body: '' },
  { title: 'HEAD, chunked', method: 'HEAD', bytes: 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n', status: 200, body: '' },
  { title: '204', bytes: 'HTTP/1.1 204 No Content\n\n', status: 204, body: '' },
  { title: '204 with a length', bytes: 'HTTP/1.1 204 No Content\nContent-Length: 3\n\nabc', status: 204, body: '', rest: 'abc' },
  { title: '304 with a length', bytes: 'HTTP/1.1 304 Not Modified\nContent-Length: 500\n\n', status: 304, headers: ['Content-Length', '500'], body: '' },
  { title: 'until the connection closes', bytes: 'HTTP/1.1 200 OK\n\nall of it', status: 200, body: 'all of it', untilClose: true, persistent: false },
  { title: 'until the connection closes, whatever it says', bytes: 'HTTP/1.1 200 OK\nConnection: keep-alive\n\nx', status: 200, body: 'x', untilClose: true, persistent: false },
  { title: 'HTTP/1.0', bytes: 'HTTP/1.0 200 OK\nContent-Length: 2\n\nok', status: 200, body: 'ok', persistent: false },
  { title: 'HTTP/1.0, kept alive', bytes: 'HTTP/1.0 200 OK\nConnection: Keep-Alive\nContent-Length: 2\n\nok', status: 200, body: 'ok' },
  { title: 'HTTP/1.0 until the connection closes', bytes: 'HTTP/1.0 200 OK\n\nok', status: 200, body: 'ok', untilClose: true, persistent: false },
  { title: 'HTTP/1.0, almost kept alive', bytes: 'HTTP/1.0 200 OK\nConnection: x, keep-alive\xa0\nContent-Length: 2\n\nok', status: 200, body: 'ok', persistent: false },
  { title: 'HTTP/1.0, kept alive in a list', bytes: 'HTTP/1.0 200 OK\nConnection: x,\tkeep-alive ,y\nContent-Length: 2\n\nok', status: 200, body: 'ok' },
  { title: 'HTTP/1.0, kept alive and closed', bytes: 'HTTP/1.0 200 OK\nConnection: keep-alive\nConnection: close\nContent-Length: 2\n\nok', status: 200, body: 'ok', persistent: false },
  { title: 'close', bytes: 'HTTP/1.1 200 OK\nConnection: close\nContent-Length: 2\n\nok', status: 200, body: 'ok', persistent: false },
  { title: 'close in a list', bytes: 'HTTP/1.1 200 OK\nConnection: x-a , CLOSE,y\nContent-Length: 2\n\nok', status: 200, body: 'ok', persistent: false },
  { title: 'a word that holds close', bytes: 'HTTP/1.1 200 OK\nConnection: x-closed\nContent-Length: 2\n\nok', status: 200, body: 'ok' },
  { title: 'close in a second field', bytes: 'HTTP/1.1 200 OK\nConnection: keep-alive\nConnection: close\nContent-Length: 2\n\nok', status: 200, body: 'ok', persistent: false },
  { title: 'chunked', bytes: 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0B\n, big world\n0\n\n', status: 200, body: 'hello, big world' },
  { title: 'chunked, in capitals', bytes: 'HTTP/1.1 200 OK\ntransfer-encoding: Chunked\n\na\n0123456789\nA\n0123456789\n000\n\n', status: 200, body: '01234567890123456789' },
  { title: 'chunked, empty', bytes: 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\n\n', status: 200, body: '' },
  { title: 'chunk extensions', bytes: 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2;a;b=c;d="e;\\"\t f"\nok\n0;last="x"\n\n', status: 200, body: 'ok' },
  { title: 'trailers', bytes: 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\nX-Sum: 1 \nx-sum:2\n\nrest', status: 200, body: 'ok', trailers: ['X-Sum', '1', 'x-sum', '2'], rest: 'rest' },
  { title: 'close in the trailers', bytes: 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\nconnection: x, Close\n\n', status: 200, body: '', trailers: ['connection', 'x, Close'], persistent: false },
  { title: 'something else in the trailers\' Connection', bytes: 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\nConnection: closed\n\n', status: 200, body: '', trailers: ['Connection', 'closed'] },
  { title: 'CR and LF in chunks', bytes: 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\n\n\n\n0\n\n', status: 200, body: '\r\n\r\n' },
  { title: '100, 102 and 103 before the answer', bytes: 'HTTP/1.1 100 Continue\n\nHTTP/1.1 102 Processing\n\nHTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok', status: 200, body: 'ok', informational: [100, 102, 103] },
  { title: '103 with a length', bytes: 'HTTP/1.1 103 Early Hints\nContent-Length: 7\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok', status: 200, body: 'ok', informational: [103] },
  { title: 'an upgrade', upgrade: true, bytes: 'HTTP/1.1 101 Switching Protocols\nUpgrade: x\nConnection: Upgrade\n\nframes', status: 0, upgraded: true, trailers: ['Upgrade', 'x', 'Connection', 'Upgrade'], rest: 'frames' },
  { title: 'an upgrade, in lists and on its own', upgrade: true, bytes: 'HTTP/1.1 101 \nConnection: keep-alive\nconnection: x ,\t UPGRADE\nupgrade: x/2, y\n\n', status: 0, upgraded: true, trailers: ['Connection', 'keep-alive', 'connection', 'x ,\t UPGRADE', 'upgrade', 'x/2, y'] },
  { title: 'an upgrade refused', upgrade: true, bytes: 'HTTP/1.1 403 No\nContent-Length: 2\n\nno', status: 403, body: 'no' },
  { title: 'as many fields as allowed', bytes: `HTTP/1.1 200 OK\n${'a: b\n'.repeat(255)}Content-Length: 0\n\n`, status: 200 },
  { title: 'a long head', bytes: `HTTP/1.1 200 OK\nA: ${'x'.repeat(65_536 - 43)}\nContent-Length: 0\n\n`, status: 200 },
  { title: '32 interim answers', bytes: 'HTTP/1.1 100 \n\n'.repeat(32) + 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', status: 200, informational: Array.from({ length: 32 }, () => 100) }
]

const head = (fields: string, body = ''): string => `HTTP/1.1 200 OK\n${fields}\n\n${body}`
const chunks = (body: string): string => head('Transfer-Encoding: chunked', body)
const protocol = 'http_protocol_error'
const size = 'http_response_header_section_size'
const coding = 'http_response_transfer_coding'

export const BAD: readonly BadResponse[] = [
  { title: 'no HTTP', bytes: 'SSH-2.0-OpenSSH\n', code: protocol },
  { title: 'an empty line first', bytes: '\nHTTP/1.1 200 OK\nContent-Length: 0\n\n', code: protocol },
  { title: 'HTTP/2', bytes: 'HTTP/2.0 200 OK\n\n', code: protocol },
  { title: 'HTTP/1.2', bytes: 'HTTP/1.2 200 OK\n\n', code: protocol },
  { title: 'HTTP/0.9', bytes: 'HTTP/0.9 200 OK\n\n', code: protocol },
  { title: 'lower case', bytes: 'http/1.1 200 OK\n\n', code: protocol },
  { title: 'two spaces', bytes: 'HTTP/1.1  200 OK\n\n', code: protocol },
  { title: 'a status of two digits', bytes: 'HTTP/1.1 20 OK\n\n', code: protocol },
  { title: 'a status of four digits', bytes: 'HTTP/1.1 2000 OK\n\n', code: protocol },
  { title: 'a status below 100', bytes: 'HTTP/1.1 099 OK\n\n', code: protocol },
  { title: 'a status with a letter', bytes: 'HTTP/1.1 2a0 OK\n\n', code: protocol },
  { title: 'NUL in the reason phrase', bytes: 'HTTP/1.1 200 O\0K\n\n', code: protocol },
  { title: 'CR in the reason phrase', bytes: 'HTTP/1.1 200 O\rK\n\n', code: protocol },
  { title: 'a folded line', bytes: head('A: b\n c\nContent-Length: 0'), code: protocol },
  { title: 'a folded first line', bytes: head(' A: b\nContent-Length: 0'), code: protocol },
  { title: 'a tab for a name', bytes: head('\tA: b\nContent-Length: 0'), code: protocol },
  { title: 'white space before the colon', bytes: head('Content-Length : 0'), code: protocol },
  { title: 'no colon', bytes: head('Content-Length'), code: protocol },
  { title: 'no name', bytes: head(': b'), code: protocol },
  { title: 'a name beyond ASCII', bytes: head('\xe9: b'), code: protocol },
  { title: 'a name with a slash', bytes: head('a/b: c'), code: protocol },
  { title: 'NUL in a value', bytes: head('A: b\0c'), code: protocol },
  { title: 'DEL in a value', bytes: head('A: b\x7fc'), code: protocol },
  { title: 'a control character in a value', bytes: head('A: b\x01c'), code: protocol },
  { title: 'CR in a value', bytes: head('A: b\rc: d'), code: protocol },
  { title: 'two lengths', bytes: head('Content-Length: 2\nContent-Length: 4', 'okok'), code: protocol },
  { title: 'the same length twice', bytes: head('Content-Length: 2\nContent-Length: 2', 'ok'), code: protocol },
  { title: 'a list of lengths', bytes: head('Content-Length: 2, 2', 'ok'), code: protocol },
  { title: 'a negative length', bytes: head('Content-Length: -2'), code: protocol },
  { title: 'a length with a plus', bytes: head('Content-Length: +2'), code: protocol },
  { title: 'a hexadecimal length', bytes: head('Content-Length: 0x2'), code: protocol },
  { title: 'a length with an exponent', bytes: head('Content-Length: 1e1'), code: protocol },
  { title: 'an empty length', bytes: head('Content-Length:'), code: protocol },
  { title: 'a length with a space', bytes: head('Content-Length: 1 2'), code: protocol },
  { title: 'a length beyond all measure', bytes: head('Content-Length: 9007199254740993'), code: protocol },
  { title: 'a length of more digits still', bytes: head('Content-Length: 18446744073709551616'), code: protocol },
  { title: 'length and coding', bytes: head('Content-Length: 2\nTransfer-Encoding: chunked', '2\nok\n0\n\n'), code: protocol },
  { title: 'coding and length', bytes: head('Transfer-Encoding: chunked\nContent-Length: 2', '2\nok\n0\n\n'), code: protocol },
  { title: 'length and coding in answer to HEAD', method: 'HEAD', bytes: head('Transfer-Encoding: chunked\nContent-Length: 2'), code: protocol },
  { title: 'a length with a tab after it', bytes: head('A: b\t\nContent-Length: 2\t ', 'ok'), code: protocol },
  { title: 'a coding with a tab after it', bytes: head('transfer-encoding: chunked \t', '0\n\n'), code: protocol },
  { title: 'another coding', bytes: head('Transfer-Encoding: gzip'), code: coding },
  { title: 'no coding', bytes: head('Transfer-Encoding:'), code: coding },
  { title: 'another coding first', bytes: head('Transfer-Encoding: gzip, chunked'), code: coding },
  { title: 'chunked first', bytes: head('Transfer-Encoding: chunked, identity'), code: coding },
  { title: 'chunked twice', bytes: head('Transfer-Encoding: chunked\nTransfer-Encoding: chunked'), code: coding },
  { title: 'almost chunked', bytes: head('Transfer-Encoding: xchunked'), code: coding },
  { title: 'chunked with a vertical tab', bytes: head('Transfer-Encoding: \x0bchunked'), code: protocol },
  { title: 'chunked in HTTP/1.0', bytes: 'HTTP/1.0 200 OK\nTransfer-Encoding: chunked\n\n0\n\n', code: coding },
  { title: 'a 101 that nobody asked for', bytes: 'HTTP/1.1 101 Switching Protocols\nUpgrade: x\n\n', code: protocol },
  { title: 'a 101 that names no protocol', upgrade: true, bytes: 'HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\n\n', code: protocol },
  { title: 'a 101 that names an empty protocol', upgrade: true, bytes: 'HTTP/1.1 101 Switching Protocols\nUpgrade:\nConnection: Upgrade\n\n', code: protocol },
  { title: 'a 101 whose Connection lists no Upgrade', upgrade: true, bytes: 'HTTP/1.1 101 Switching Protocols\nUpgrade: x\nConnection: x-upgrade, close\n\n', code: protocol },
  { title: 'an interim answer that closes', bytes: 'HTTP/1.1 100 Continue\nConnection: close\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok', code: protocol },
  { title: 'an interim answer in HTTP/1.0', bytes: 'HTTP/1.0 100 Continue\n\nHTTP/1.0 200 OK\nContent-Length: 2\n\nok', code: protocol },
  { title: 'a 33rd interim answer', bytes: 'HTTP/1.1 100 \n\n'.repeat(33), code: protocol },
  { title: 'too many fields', bytes: head('a: b\n'.repeat(257)), code: size },
  { title: 'too long a head', bytes: head(`A: ${'x'.repeat(65_536)}`), code: size },
  { title: 'too long a reason phrase', bytes: `HTTP/1.1 200 ${'x'.repeat(65_536)}`, code: size },
  { title: 'a chunk without a size', bytes: chunks('\nok\n0\n\n'), code: coding },
  { title: 'a chunk size with a sign', bytes: chunks('-2\nok\n0\n\n'), code: coding },
  { title: 'a chunk size with a prefix', bytes: chunks('0x2\nok\n0\n\n'), code: coding },
  { title: 'a chunk size with a space before', bytes: chunks(' 2\nok\n0\n\n'), code: coding },
  { title: 'a chunk size with a space after', bytes: chunks('2 \nok\n0\n\n'), code: coding },
  { title: 'a chunk size beyond all measure', bytes: chunks('20000000000000\n'), code: coding },
  { title: 'a chunk size that would wrap', bytes: chunks('10000000000000002\nok\n0\n\n'), code: coding },
  { title: 'a chunk that is longer than it says', bytes: chunks('2\nokay\n0\n\n'), code: coding },
  { title: 'a chunk that ends in CR alone', bytes: chunks('2\nok\r0\n\n'), code: coding },
  { title: 'a chunk head that ends in CR alone', bytes: chunks('2\rok\n0\n\n'), code: coding },
  { title: 'an extension without a name', bytes: chunks('2;\nok\n0\n\n'), code: coding },
  { title: 'an extension without a value', bytes: chunks('2;a=\nok\n0\n\n'), code: coding },
  { title: 'a space before an extension', bytes: chunks('2; a\nok\n0\n\n'), code: coding },
  { title: 'bytes after a quoted value', bytes: chunks('2;a="b"c\nok\n0\n\n'), code: coding },
  { title: 'a line end in a quoted value', bytes: chunks('2;a="\n"\nok\n0\n\n'), code: coding },
  { title: 'an escaped line end in a quoted value', bytes: chunks('2;a="\\\n"\nok\n0\n\n'), code: coding },
  { title: 'too long an extension', bytes: chunks(`2;a=${'x'.repeat(4096)}\nok\n0\n\n`), code: coding },
  { title: 'a trailer with white space before the colon', bytes: chunks('0\nA : b\n\n'), code: protocol },
  { title: 'a folded trailer', bytes: chunks('0\nA: b\n c\n\n'), code: protocol },
  { title: 'a length in the trailers', bytes: chunks('2\nok\n0\nContent-Length: 2\n\n'), code: protocol },
  { title: 'a coding in the trailers', bytes: chunks('2\nok\n0\ntransfer-encoding: chunked\n\n'), code: protocol },
  { title: 'too many trailers', bytes: chunks(`0\n${'a: b\n'.repeat(257)}\n`), code: size },
  { title: 'too long a trailer', bytes: chunks(`0\nA: ${'x'.repeat(65_536)}\n\n`), code: size }
]

/** The same with bare line feeds, which only a forgiving parser takes. */
export const BARE_LINE_FEEDS: readonly string[] = [
  'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\nok\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\n\r\n'
]
