/** What the target must get of a request. */
export interface Expected {
  readonly target: string
  readonly method?: string
  readonly body?: string
  /** What its head must hold, and must not. */
  readonly has?: RegExp
  readonly hasNot?: RegExp
  /** Names in lower case and values, in turn. */
  readonly trailers?: readonly string[]
}

/** Bytes of a client that could be read in two ways, and what may become of them: `refused`, `passed`, or either if both are given. */
export interface RequestCase {
  readonly name: string
  /** Latin-1. */
  readonly bytes: string
  /** One of these is the status of the only answer, and the connection is closed; 0 = closed without one. */
  readonly refused?: readonly number[]
  /** The requests that the target gets: these, whole, and nothing else. */
  readonly passed?: readonly Expected[]
  /** The client ends its side after the bytes. */
  readonly halfClose?: true
}

type Pair = readonly [name: string, bytes: string]

const POST = 'POST /first HTTP/1.1\r\nHost: a\r\n'
const GET = 'GET /first HTTP/1.1\r\nHost: a\r\n'
/** What an attacker would have the target take for a request of its own. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`
const HELLO = '5\r\nhello\r\n0\r\n\r\n'
const hello: Expected = { target: '/first', method: 'POST', body: 'hello' }
const first: Expected = { target: '/first', method: 'GET', body: '' }
const hidden: Expected = { target: '/hidden', body: '' }
const SPOOFED = /6\.6\.6\.6/

const length = (value: string, body = 'hello', more = ''): string => `${POST}Content-Length:${value}\r\n${more}\r\n${body}`
const coding = (value: string, body = HELLO, more = ''): string => `${POST}Transfer-Encoding:${value}\r\n${more}\r\n${body}`
const field = (line: string): string => `${POST}${line}\r\nContent-Length: 5\r\n\r\nhello`
const spoof = (line: string): string => `${GET}${line}\r\n\r\n`

function refused (statuses: readonly number[], pairs: readonly Pair[]): RequestCase[] {
  return pairs.map(([name, bytes]) => ({ name, bytes, refused: statuses }))
}

/** Cut short by the client: what the target has of it must not look whole. */
function unfinished (pairs: readonly Pair[]): RequestCase[] {
  return pairs.map(([name, bytes]) => ({ name, bytes, refused: [0, 400], halfClose: true }))
}

function passed (expected: Expected, pairs: readonly Pair[]): RequestCase[] {
  return pairs.map(([name, bytes]) => ({ name, bytes, passed: [expected] }))
}

function either (expected: Expected, pairs: readonly Pair[]): RequestCase[] {
  return pairs.map(([name, bytes]) => ({ name, bytes, refused: [400, 501], passed: [expected] }))
}

const lengths: readonly RequestCase[] = [
  ...refused([400], [
    ['CL + TE', length(' 4', `0\r\n\r\n${HIDDEN}`, 'Transfer-Encoding: chunked\r\n')],
    ['TE + CL', coding(' chunked', `0\r\n\r\n${HIDDEN}`, `Content-Length: ${HIDDEN.length + 5}\r\n`)],
    ['TE + CL: 0', coding(' chunked', `0\r\n\r\n${HIDDEN}`, 'Content-Length: 0\r\n')],
    ['TE + an empty CL', coding(' chunked', `0\r\n\r\n${HIDDEN}`, 'Content-Length:\r\n')],
    ['CL + TE in capitals and a GET', `GET /first HTTP/1.1\r\nHost: a\r\nCONTENT-LENGTH: 5\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['CL + TE with a list in between', length(' 4', `0\r\n\r\n${HIDDEN}`, `${'X: y\r\n'.repeat(100)}Transfer-Encoding: chunked\r\n`)],
    ['two different lengths', length(' 0', HIDDEN, `Content-Length: ${HIDDEN.length}\r\n`)],
    ['two different lengths, the longer one first', length(` ${HIDDEN.length}`, HIDDEN, 'content-length: 0\r\n')],
    ['two equal lengths', length(' 3', 'abc', 'Content-Length: 3\r\n')],
    ['three equal lengths', length(' 3', 'abc', 'Content-Length: 3\r\ncontent-length: 3\r\n')],
    ['a length and an empty one', length(' 3', 'abc', 'Content-Length:\r\n')],
    ['a list of lengths', length(' 3, 3', 'abc')],
    ['a list of lengths without a space', length(' 3,3', 'abc')],
    ['a list of lengths that differ', length(` 0, ${HIDDEN.length}`, HIDDEN)],
    ['a length and a comma', length(' 5,')],
    ['a comma and a length', length(' ,5')],
    ['a length with a parameter', length(' 5;x=1')],
    ...['+5', '-5', '+0', '-0', '5 5', '5\t5', '0x5', '5.0', '5.', '1e1', '0b101', '0o5', '"5"', "'5'", '5h', 'five', '5_0', '\x0b5', '\x0c5', '\xa05', '5\xa0', '\xd9\xa5', '5\x01', '5\x7f', '5\0']
      .map((value): Pair => [`Content-Length: ${JSON.stringify(value)}`, length(` ${value}`)]),
    ['Content-Length: empty', length('', HIDDEN)],
    ['Content-Length: only spaces', length('   ', HIDDEN)],
    ['a length beyond 64 bits', length(' 99999999999999999999')],
    ['a length that would wrap to 5', length(' 18446744073709551621')],
    ['a length that would wrap to 5 in hundreds of digits', length(` ${'1'.repeat(300)}`)],
    ['a length beyond what a double can count', length(' 9007199254740993')],
    ['a length of 2^63', length(' 9223372036854775808')]
  ]),
  ...unfinished([
    ['a length of 2^32 + 5', length(' 4294967301')],
    ['a body that is too short', length(' 500')],
    ['a body that is not there', length(' 5', '')]
  ]),
  ...either(hello, [
    ['a length with leading zeros', length(' 0005')],
    ['a length of twenty zeros and 5', length(` ${'0'.repeat(20)}5`)],
    ['a tab before a length', length('\t5')],
    ['a tab after a length', length(' 5\t')]
  ]),
  ...passed({ ...hello, has: /^Content-Length: 5$/mi, hasNot: /transfer-encoding/i }, [
    ['a length without a space', length('5')],
    ['a length between spaces', length('    5   ')],
    ['names that a target may take for framing', field('Content_Length: 99\r\nTransfer_Encoding: chunked\r\nTransfer.Encoding: chunked\r\nContent~Length: 0')],
    ['Content-Length in another field\'s value', field('X: Content-Length: 99')]
  ]),
  { name: 'names that begin or end like framing', bytes: field('X-Transfer-Encoding: chunked\r\nTransfer-Encodings: chunked\r\nX-Content-Length: 99'), passed: [hello] },
  { name: 'a GET with a length of 0 and another behind it', bytes: `${GET}Content-Length: 0\r\n\r\n${HIDDEN}`, passed: [first, hidden] },
  { name: 'a GET whose body looks like a request', bytes: `${GET}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`, passed: [{ target: '/first', method: 'GET', body: HIDDEN }] },
  { name: 'a POST whose body looks like a request', bytes: length(` ${HIDDEN.length}`, HIDDEN), passed: [{ ...hello, body: HIDDEN }] },
  { name: 'a HEAD with a body', bytes: `HEAD /first HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`, passed: [{ target: '/first', method: 'HEAD', body: HIDDEN }] },
  { name: 'an OPTIONS with a body', bytes: 'OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', passed: [{ target: '*', method: 'OPTIONS', body: 'hello' }] },
  { name: 'a POST without any framing and a request behind it', bytes: `${POST}\r\n${HIDDEN}`, passed: [{ target: '/first', method: 'POST', body: '' }, hidden] },
  { name: 'a GET without any framing and a request behind it', bytes: `${GET}\r\n${HIDDEN}`, passed: [first, hidden] },
  { name: 'a body that is longer than its length is the next request', bytes: length(' 5', `hello${HIDDEN}`), passed: [hello, hidden] }
]

const codings: readonly RequestCase[] = [
  ...refused([400, 501], [
    ...[' xchunked', ' chunkedx', ' chunked, identity', ' identity', ' identity, chunked', ' chunked, chunked', ' chunked,', ' ,chunked', ' chunked x', ' x chunked', ' gzip, chunked', ' deflate', ' gzip', ' trailers', ' null', ' "chunked"',
      " 'chunked'", ' chunked;x=1', ' chunked;', ' chunked; q=1', ' chun\tked', ' chun ked', ' \x0bchunked', ' \x0cchunked', ' \xa0chunked', ' chunked\x0b', ' chunked\xa0', ' chunked\0', ' ch\0unked', ' chunked\x01', ' CHUNKED, identity']
      .map((value): Pair => [`Transfer-Encoding:${JSON.stringify(value)}`, coding(value, `0\r\n\r\n${HIDDEN}`)]),
    ['two TE fields, the last not chunked', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['two TE fields, the first not chunked', `${POST}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['two TE fields, both chunked', `${POST}Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['two TE fields, one empty', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['TE: identity and a length', coding(' identity', 'hello', 'Content-Length: 5\r\n')],
    ['TE: xchunked and a length', coding(' xchunked', `0\r\n\r\n${HIDDEN}`, 'Content-Length: 5\r\n')],
    ['TE: empty and a length', coding('', 'hello', 'Content-Length: 5\r\n')],
    ['TE in HTTP/1.0', 'POST /first HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['TE and a length in HTTP/1.0', 'POST /first HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n'],
    ['TE: gzip in a GET', `GET /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n${HIDDEN}`]
  ]),
  // Node's parser sees no coding in it, no body then, and garbage behind: that may end the connection before the answer is out.
  ...refused([0, 400, 501], [['an empty Transfer-Encoding', coding('', `0\r\n\r\n${HIDDEN}`)]]),
  ...either({ ...hello, has: /^Transfer-Encoding: chunked$/mi, hasNot: /content-length/i }, [
    ['a tab before chunked', coding('\tchunked')],
    ['a tab after chunked', coding(' chunked\t')]
  ]),
  ...passed({ ...hello, has: /^Transfer-Encoding: chunked$/mi, hasNot: /content-length/i }, [
    ['TE: chunked', coding(' chunked')],
    ['TE: CHUNKED', coding(' CHUNKED')],
    ['TE: ChUnKeD between spaces', coding('   ChUnKeD   ')],
    ['TE without a space', coding('chunked')]
  ]),
  { name: 'a chunked GET', bytes: `${GET}Transfer-Encoding: chunked\r\n\r\n${HELLO}`, passed: [{ ...hello, method: 'GET' }] },
  { name: 'the field TE is not Transfer-Encoding', bytes: `${POST}TE: chunked\r\nContent-Length: 5\r\n\r\nhello`, passed: [{ ...hello, hasNot: /^TE:|chunked/mi }] },
  { name: 'a chunked body that looks like a request', bytes: `${CHUNKED}${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`, passed: [{ ...hello, body: HIDDEN }] },
  { name: 'a chunked body with a request behind it', bytes: `${CHUNKED}${HELLO}${HIDDEN}`, passed: [hello, hidden] },
  { name: 'a chunked body with another behind it', bytes: `${CHUNKED}${HELLO}${CHUNKED.replace('first', 'hidden')}${HELLO}`, passed: [hello, { ...hello, target: '/hidden' }] },
  { name: 'an empty chunked body with a request behind it', bytes: `${CHUNKED}0\r\n\r\n${HIDDEN}`, passed: [{ ...hello, body: '' }, hidden] }
]

const chunks: readonly RequestCase[] = [
  ...refused([400], [
    ...['0x5', '0X5', 'x5', '+5', '-5', '-1', ' 5', '\t5', '5 ', '5\t', '5 ;a', '5\x0b', '\x005', '5\0', '5.0', '5,', '5_', '5-', '5h', 'g', 'five', '"5"', '\xb2', '5;a\x01', '5;a\0', '5;a\rb', '5;a="b\rc"', '5\r', '5;a\r',
      'fffffffffffffffff', '10000000000000005', `${'f'.repeat(40)}`, '-0', '5:a', '5=a', '5\xa0', '']
      .map((size): Pair => [`a chunk of ${JSON.stringify(size)}`, `${CHUNKED}${size}\r\nhello\r\n0\r\n\r\n${HIDDEN}`]),
    ['a bare LF behind a chunk size', `${CHUNKED}5\nhello\r\n0\r\n\r\n`],
    ['a bare LF behind an extension', `${CHUNKED}5;a=b\nhello\r\n0\r\n\r\n`],
    ['a bare LF within an extension, and a request', `${CHUNKED}5;a\n${HIDDEN}`],
    ['a bare LF within a quoted extension', `${CHUNKED}5;a="\n"\r\nhello\r\n0\r\n\r\n`],
    ['a CRLF within a quoted extension', `${CHUNKED}5;a="\r\n${HIDDEN}"\r\nhello\r\n0\r\n\r\n`],
    ['a bare CR behind a chunk size', `${CHUNKED}5\rhello\r\n0\r\n\r\n`],
    ['CR and another byte behind a chunk size', `${CHUNKED}5\rXhello\r\n0\r\n\r\n`],
    ['CR CR LF behind a chunk size', `${CHUNKED}5\r\r\nhello\r\n0\r\n\r\n`],
    ['a chunk longer than it says', `${CHUNKED}3\r\nhello\r\n0\r\n\r\n${HIDDEN}`],
    ['a chunk shorter than it says', `${CHUNKED}8\r\nhello\r\n0\r\n\r\n${HIDDEN}`],
    ['no line end behind a chunk', `${CHUNKED}5\r\nhello0\r\n\r\n${HIDDEN}`],
    ['a bare LF behind a chunk', `${CHUNKED}5\r\nhello\n0\r\n\r\n${HIDDEN}`],
    ['a bare CR behind a chunk', `${CHUNKED}5\r\nhello\r0\r\n\r\n${HIDDEN}`],
    ['two bytes that are no line end behind a chunk', `${CHUNKED}5\r\nhelloXX0\r\n\r\n${HIDDEN}`],
    ['LF CR behind a chunk', `${CHUNKED}5\r\nhello\n\r0\r\n\r\n${HIDDEN}`],
    ['a bare LF behind the last chunk', `${CHUNKED}5\r\nhello\r\n0\n\r\n${HIDDEN}`],
    ['two bare LFs behind the last chunk', `${CHUNKED}5\r\nhello\r\n0\n\n${HIDDEN}`],
    ['a bare LF for the empty line behind the last chunk', `${CHUNKED}5\r\nhello\r\n0\r\n\n${HIDDEN}`],
    ['a bare CR for the empty line behind the last chunk', `${CHUNKED}5\r\nhello\r\n0\r\n\r${HIDDEN}`],
    ['no empty line behind the last chunk', `${CHUNKED}5\r\nhello\r\n0\r\n${HIDDEN}`],
    ['an empty line between chunks', `${CHUNKED}5\r\nhello\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['a request where a chunk is due', `${CHUNKED}5\r\nhello\r\n${HIDDEN}`]
  ]),
  ...refused([400, 413], [
    ['an endless chunk extension', `${CHUNKED}5;${'x'.repeat(50_000)}\r\nhello\r\n0\r\n\r\n`],
    ['an endless value of a chunk extension', `${CHUNKED}5;a="${'x'.repeat(50_000)}"\r\nhello\r\n0\r\n\r\n`]
  ]),
  ...either(hello, [
    ['a chunk size of 50,000 digits', `${CHUNKED}${'0'.repeat(50_000)}5\r\nhello\r\n0\r\n\r\n`],
    ['a chunk size of many zeros', `${CHUNKED}${'0'.repeat(20)}5\r\nhello\r\n0\r\n\r\n`],
    ['an extension without a name', `${CHUNKED}5;\r\nhello\r\n0\r\n\r\n`],
    ['two semicolons', `${CHUNKED}5;;a\r\nhello\r\n0\r\n\r\n`],
    ['an extension without a value', `${CHUNKED}5;a=\r\nhello\r\n0\r\n\r\n`],
    ['spaces around an extension', `${CHUNKED}5; a = b\r\nhello\r\n0\r\n\r\n`],
    ['a quoted value without an end', `${CHUNKED}5;a="b\r\nhello\r\n0\r\n\r\n`]
  ]),
  ...passed({ ...hello, hasNot: /content-length/i }, [
    ['extensions are not passed on', `${CHUNKED}5;a=b;c="d\\"e"\r\nhello\r\n0;e\r\n\r\n`],
    ['leading zeros are not passed on', `${CHUNKED}0000005\r\nhello\r\n000\r\n\r\n`],
    ['many chunks', `${CHUNKED}1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n`]
  ]),
  { name: '1e5 is a hexadecimal number', bytes: `${CHUNKED}1e5\r\n${'x'.repeat(0x1e5)}\r\n0\r\n\r\n`, passed: [{ ...hello, body: 'x'.repeat(0x1e5) }] },
  { name: 'capital digits', bytes: `${CHUNKED}1E5\r\n${'x'.repeat(0x1e5)}\r\n0\r\n\r\n`, passed: [{ ...hello, body: 'x'.repeat(0x1e5) }] },
  ...unfinished([
    ['1e5 read as a hexadecimal number is more than comes', `${CHUNKED}1e5\r\nhello\r\n0\r\n\r\n`],
    ['a chunk of 2^64 - 1', `${CHUNKED}ffffffffffffffff\r\nhello\r\n0\r\n\r\n${HIDDEN}`],
    ['a chunk of 2^63', `${CHUNKED}8000000000000000\r\nhello\r\n0\r\n\r\n${HIDDEN}`],
    ['a chunk of 2^32 + 5', `${CHUNKED}100000005\r\nhello\r\n0\r\n\r\n${HIDDEN}`],
    ['chunks without an end', `${CHUNKED}5\r\nhello\r\n`],
    ['chunks that end within a size', `${CHUNKED}5\r\nhello\r\n0`],
    ['chunks that end before the empty line', `${CHUNKED}5\r\nhello\r\n0\r\n`],
    ['a trailer without an end', `${CHUNKED}5\r\nhello\r\n0\r\nX-A: b\r\n`]
  ])
]

const trailed = (lines: string): string => `${CHUNKED}5\r\nhello\r\n0\r\n${lines}\r\n\r\n`

const trailers: readonly RequestCase[] = [
  ...refused([400], [
    ['a folded trailer', trailed('X: a\r\n b')],
    ['a space before the first trailer', trailed(' X: a')],
    ['a space before a trailer\'s colon', trailed('X : a')],
    ['a trailer without a colon', trailed('nonsense')],
    ['a request line for a trailer', `${CHUNKED}5\r\nhello\r\n0\r\n${HIDDEN}`],
    ['a NUL in a trailer\'s name', trailed('X\0: a')],
    ['a NUL in a trailer\'s value', trailed('X: a\0b')],
    ['a bare LF between trailers', trailed('X: a\nY: b')],
    ['a bare CR in a trailer', trailed('X: a\rY: b')]
  ]),
  ...refused([400, 431], [
    ['endless trailers', trailed(`${'X: yyyyyyyyyy\r\n'.repeat(4000)}Y: z`)],
    ['an endless trailer', trailed(`X: ${'y'.repeat(50_000)}`)]
  ]),
  ...['Content-Length: 99', 'Content-Length: 5', 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity', 'Host: evil', 'X-Forwarded-For: 6.6.6.6', 'X_Forwarded_For: 6.6.6.6', 'X-Forwarded-Proto: 6.6.6.6', 'Forwarded: for=6.6.6.6', 'X-Real-IP: 6.6.6.6', 'Content_Length: 99',
    'Transfer_Encoding: chunked', 'Upgrade: h2c', 'Trailer: X', 'TE: trailers', 'Authorization: Basic 6.6.6.6', 'Cookie: a=6.6.6.6', 'Content-Type: evil/evil', 'Expect: 100-continue', 'X-Request-Id: 6.6.6.6', 'Proxy-Authorization: x']
    .map((line): RequestCase => ({ name: `a trailer ${line}`, bytes: trailed(`${line}\r\nX-Sum: 6`), refused: [400], passed: [{ ...hello, hasNot: SPOOFED, trailers: ['x-sum', '6'] }] })),
  { name: 'trailers and a request behind them', bytes: `${trailed('X-Sum: 6\r\nx-sum: 7')}${HIDDEN}`, passed: [{ ...hello, trailers: ['x-sum', '6', 'x-sum', '7'] }, hidden] },
  { name: 'Trailer that announces framing', bytes: `${POST}Trailer: Content-Length, Transfer-Encoding, Host\r\nTransfer-Encoding: chunked\r\n\r\n${HELLO}`, passed: [{ ...hello, hasNot: /^trailer:/mi }] },
  { name: 'Trailer with a length', bytes: `${POST}Trailer: X-Sum\r\nContent-Length: 5\r\n\r\nhello`, passed: [{ ...hello, hasNot: /^trailer:/mi }] }
]

const fields: readonly RequestCase[] = [
  ...refused([400], [
    ['obs-fold', field('X: a\r\n b')],
    ['obs-fold with a tab', field('X: a\r\n\tb')],
    ['obs-fold of a length', `${POST}Content-Length:\r\n 5\r\n\r\nhello`],
    ['obs-fold of TE', `${POST}Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['obs-fold of TE behind its value', `${POST}Transfer-Encoding: chunked\r\n , identity\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['obs-fold of Host', 'GET /first HTTP/1.1\r\nHost:\r\n a\r\n\r\n'],
    ['obs-fold of nothing', field('X: a\r\n ')],
    ['a first field with a space before it', 'POST /first HTTP/1.1\r\n Host: a\r\nContent-Length: 0\r\n\r\n'],
    ['a first field with a tab before it', 'POST /first HTTP/1.1\r\n\tHost: a\r\nContent-Length: 0\r\n\r\n'],
    ['a bare LF between fields', field('X: a\nY: b')],
    ['a bare LF before TE', field('X: a\nTransfer-Encoding: chunked')],
    ['a bare LF behind the request line', `POST /first HTTP/1.1\nHost: a\r\nContent-Length: 5\r\n\r\nhello${HIDDEN}`],
    ['bare LFs only', 'GET /first HTTP/1.1\nHost: a\n\n'],
    ['a bare LF at the end', `${POST}Content-Length: 5\n\nhello`],
    ['a bare LF for the empty line', `${POST}Content-Length: 5\r\n\nhello`],
    ['a bare CR in a value', field('X: a\rTransfer-Encoding: chunked')],
    ['a bare CR at the start of a value', field('X:\rTransfer-Encoding: chunked')],
    ['a bare CR behind the request line', 'POST /first HTTP/1.1\rHost: a\r\nContent-Length: 5\r\n\r\nhello'],
    ['CR CR LF', field('X: a\r\r\nY: b')],
    ['a bare CR for the empty line', `${POST}Content-Length: 0\r\n\r${HIDDEN}`],
    ['a space before the colon', `${POST}Content-Length : 5\r\n\r\nhello`],
    ['a space before the colon of TE', `${POST}Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['a tab before the colon', `${POST}Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['a space before the colon of Host', 'GET /first HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['a space in a name', field('Transfer Encoding: chunked')],
    ['a line without a colon', field('nonsense')],
    ['an empty name', field(': x')],
    ['only a colon', field(':')],
    ...['\0', '\x01', '\x0b', '\x7f', '(', ')', ',', '/', ';', '<', '=', '>', '?', '@', '[', '\\', ']', '{', '}', '"', '\x80', '\xe9', '\xff']
      .map((byte): Pair => [`${JSON.stringify(byte)} in a name`, field(`X${byte}Y: z`)]),
    ...['\0', '\x01', '\x08', '\x0b', '\x0c', '\x0e', '\x1b', '\x1f', '\x7f'].map((byte): Pair => [`${JSON.stringify(byte)} in a value`, field(`X: a${byte}b`)]),
    ['a NUL behind a value', field('X: a\0')],
    ['a NUL in Content-Length', `${POST}Content\0-Length: 5\r\n\r\nhello`],
    ['a NUL behind Transfer-Encoding', `${POST}Transfer-Encoding\0: chunked\r\nContent-Length: 5\r\n\r\nhello`]
  ]),
  ...refused([431], [
    ['20,000 bytes in one field', field(`X: ${'y'.repeat(20_000)}`)],
    ['100,000 bytes in one field', field(`X: ${'y'.repeat(100_000)}`)],
    ['a name of 20,000 bytes', field(`${'x'.repeat(20_000)}: y`)],
    ['20,000 fields', field('X: y\r\n'.repeat(20_000) + 'Z: 1')]
  ]),
  { name: '1,000 fields', bytes: field('X: y\r\n'.repeat(1000) + 'Z: 1'), refused: [431], passed: [hello] },
  ...passed(hello, [
    ['100 fields', field('X: y\r\n'.repeat(100) + 'Z: 1')],
    ['every character that a name may hold', field("!#$%&'*+-.^_`|~09AZaz: 1")],
    ['bytes beyond ASCII in a value', field('X: \x80\xe9\xff')],
    ['an empty value', field('X:')],
    ['a value of spaces', field('X:     ')],
    ['colons in a value', field('X: : : HTTP/1.1')],
    ['a request line in a value', field('X: GET /hidden HTTP/1.1')]
  ])
]

const lines: readonly RequestCase[] = [
  ...refused([400, 505], [
    ...['HTTP/1.10', 'HTTP/1.1 ', 'HTTP/1.1\t', ' HTTP/1.1', 'HTTP/1.1x', 'http/1.1', 'Http/1.1', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/2', 'HTTP/3.0', 'HTTP/0.9', 'HTTP/9.9', 'HTTP/1', 'HTTP/1.', 'HTTP/.1', 'HTTP/1.1.1', 'HTTP/11.1', 'HTTP/01.1', 'HTTP/1,1', 'HTTP 1.1', 'HTTP\\1.1', 'HTTP/1.1\0',
      'HTTPS/1.1', 'HTCPCP/1.0', 'XTTP/1.1', 'HTTP/-1.1', 'HTTP/1.1 HTTP/1.1']
      .map((version): Pair => [`the version ${JSON.stringify(version)}`, `GET /first ${version}\r\nHost: a\r\n\r\n`]).filter(([name]) => name !== 'the version " HTTP/1.1"'),
    ['a request line without a version', 'GET /first\r\nHost: a\r\n\r\n'],
    ['HTTP/0.9', 'GET /first\r\n\r\n'],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an HTTP/2 preface with a SETTINGS frame', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
    ['a TLS hello', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n'],
    ['an SSH greeting', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['a PROXY line', `PROXY TCP4 6.6.6.6 7.7.7.7 1 2\r\n${GET}\r\n`],
    ['only a method', 'GET\r\nHost: a\r\n\r\n'],
    ['a method and a space', 'GET \r\nHost: a\r\n\r\n'],
    ['a tab behind the method', 'GET\t/first HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a tab behind the target', 'GET /first\tHTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a form feed behind the method', 'GET\x0c/first HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a space before the method', ' GET /first HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a NUL before the method', '\0GET /first HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a byte order mark', '\xef\xbb\xbfGET /first HTTP/1.1\r\nHost: a\r\n\r\n'],
    ...['GETS', 'get', 'Get', 'G3T', 'GET\0', '(GET)', 'GET;', 'G\xc9T', 'G T', 'GET,POST', '"GET"', 'HIDDEN', 'X'.repeat(1000)]
      .map((method): Pair => [`the method ${JSON.stringify(method.slice(0, 20))}`, `${method} /first HTTP/1.1\r\nHost: a\r\n\r\n`])
  ]),
  ...refused([400], [
    ...['/fir st', '/fir\rst', '/fir\nst', '/fir\tst', '/fir\0st', '/first\x7f', '/first#x', '/#', '#', 'first', '?x', '*', '/first \x0b', 'a:80', 'a', 'http://', 'http:///first', 'http:/first', 'http:first', 'http://a@b/first', 'http://a:b@c/first', 'http://a:99999/first', 'http://a:x/first', 'http://a:80:80/first',
      'http://a\\b/first', 'http://a,b/first', 'http://a%00/first#', 'http://[::1/first', 'http://::1/first', 'http://[::1]x/first', 'http://a b/first', 'ftp://a/first', 'ws://a/first', 'file:///etc/passwd', 'javascript:0', 'http://?/first', 'http://#/first', 'x/../first']
      .map((target): Pair => [`the target ${JSON.stringify(target)}`, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`])
  ]),
  ...refused([414, 431], [['a target of 100,000 bytes', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`]]),
  ...either({ target: '/first', method: 'GET', body: '', hasNot: / {2}/ }, [
    ['two spaces in the request line', 'GET  /first HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['two spaces before the version', 'GET /first  HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['empty lines before the request', `\r\n\r\n${GET}\r\n`],
    ['bare LFs before the request', `\n\n${GET}\r\n`],
    ['a bare CR before the request', `\r${GET}\r\n`]
  ]),
  { name: 'a thousand empty lines before the request', bytes: `${'\r\n'.repeat(1000)}${GET}\r\n`, refused: [400], passed: [first] },
  { name: 'a byte beyond ASCII in the target', bytes: 'GET /first\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', refused: [400], passed: [{ target: '/first\xe9' }] },
  { name: 'an old streaming protocol', bytes: 'SOURCE /first ICE/1.0\r\nHost: a\r\n\r\n', refused: [400, 505], passed: [{ target: '/first', method: 'SOURCE' }] },
  { name: 'RTSP', bytes: 'OPTIONS /first RTSP/1.0\r\nHost: a\r\n\r\n', refused: [400, 505], passed: [{ target: '/first', method: 'OPTIONS' }] },
  ...['/first?a=b?c', '/first;a=b', '/first%00', '/first%0d%0aX:%20y', '/first%20HTTP/1.1%0d%0a', '/%', '/first%zz', '/first|"<>{}^`', '//evil/first', '/first//second', '/?', "/!$&'()*+,=:@"]
    .map((target): RequestCase => ({ name: `the target ${target}, byte for byte`, bytes: `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, refused: [400], passed: [{ target }] })),
  { name: 'HTTP/1.0', bytes: 'GET /first HTTP/1.0\r\nHost: a\r\n\r\n', passed: [first] },
  { name: 'HTTP/1.0 kept alive', bytes: `GET /first HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n${HIDDEN}`, passed: [first, hidden] },
  { name: 'HTTP/1.0 with a body', bytes: 'POST /first HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', passed: [hello] },
  { name: 'an unusual method', bytes: 'M-SEARCH /first HTTP/1.1\r\nHost: a\r\n\r\n', passed: [{ target: '/first', method: 'M-SEARCH' }] }
]

const byHost = (value: string): string => `GET /first HTTP/1.1\r\nHost:${value}\r\n\r\n`

const hosts: readonly RequestCase[] = [
  ...refused([400], [
    ['no Host', 'GET /first HTTP/1.1\r\n\r\n'],
    ['no Host in absolute form', 'GET http://b/first HTTP/1.1\r\n\r\n'],
    ['two equal Hosts', `${GET}Host: a\r\n\r\n`],
    ['two Hosts', `${GET}host: b\r\n\r\n`],
    ['two Hosts, one empty', `${GET}Host:\r\n\r\n`],
    ['two Hosts far apart', `${GET}${'X: y\r\n'.repeat(200)}HOST: b\r\n\r\n`],
    ['two Hosts in absolute form', 'GET http://a/first HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['two Hosts in HTTP/1.0', 'GET /first HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['a bad Host beside a good absolute form', 'GET http://a/first HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ...['', '   ', ' a,b', ' a, b', ' a b', ' a\tb', ' a/b', ' a\\b', ' a@b', ' u:p@b', ' a#', ' a?', ' a?b', ' a:80:80', ' a:x', ' a:-1', ' a:99999', ' a:80a', ' :80', ' [::1', ' ::1', ' [::1]x', ' [::1]:x', ' [g]', ' a\0', ' a\x01', ' a\x7f', ' http://a', ' a\xe9', ' "a"', ' <a>', ' a|b', ' a^b', ' {a}', ` ${'a'.repeat(300)}`]
      .map((value): Pair => [`Host:${JSON.stringify(value.slice(0, 40))}`, byHost(value)])
  ]),
  ...passed(first, [
    ['Host without a space', byHost('a')],
    ['Host with a port', byHost(' a:8080')],
    ['Host with a bracketed address', byHost(' [::1]:80')],
    ['Host with a dot at its end', byHost(' a.')],
    ['Host in capitals', byHost(' A.EXAMPLE')],
    ['a name that looks like Host', byHost(' a\r\nX-Host: evil\r\nHosts: evil')],
    ['no Host in HTTP/1.0', 'GET /first HTTP/1.0\r\n\r\n']
  ]),
  ...passed({ ...first, has: /^GET \/first HTTP\/1\.1\r\nHost: b$/m, hasNot: /^Host: a$|X-Forwarded-Host: a$/m }, [
    ['absolute form with another Host', 'GET http://b/first HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['absolute form in capitals', 'GET HTTP://b/first HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['absolute form with https', 'GET https://b/first HTTP/1.1\r\nHost: a\r\n\r\n']
  ]),
  { name: 'absolute form without a path', bytes: 'GET http://b HTTP/1.1\r\nHost: a\r\n\r\n', passed: [{ target: '/', has: /^Host: b$/m }] },
  { name: 'absolute form with only a query', bytes: 'GET http://b?x HTTP/1.1\r\nHost: a\r\n\r\n', passed: [{ target: '/?x', has: /^Host: b$/m }] },
  { name: 'a name that a target may take for Host', bytes: `${GET}Ho_st: evil\r\n\r\n`, passed: [first] },
  { name: 'forwarding fields that name another host', bytes: spoof('X-Forwarded-Host: 6.6.6.6\r\nX-Forwarded-Server: 6.6.6.6\r\nForwarded: host=6.6.6.6'), passed: [{ ...first, has: /^X-Forwarded-Host: a$/m, hasNot: SPOOFED }] }
]

const spoofs: readonly RequestCase[] = [
  'X-Forwarded-For', 'x-forwarded-for', 'X_Forwarded_For', 'X-Forwarded_For', 'X_FORWARDED-FOR', 'X.Forwarded.For', 'X-Forwarded.For', 'X~Forwarded~For', 'X!Forwarded!For', "X'Forwarded'For", 'X|Forwarded|For', 'X-Forwarded-Proto', 'X-Forwarded_Proto', 'X_Forwarded_Proto', 'X.Forwarded.Proto',
  'X-Forwarded-Host', 'X_Forwarded_Host', 'X.Forwarded.Host', 'X-Forwarded-Port', 'X_Forwarded_Port', 'X-Forwarded-Prefix', 'X_Forwarded_Prefix', 'X-Forwarded-Anything', 'Forwarded', 'X-Real-IP', 'X_Real_IP', 'X.Real.IP', 'Proxy-Authorization', 'Proxy_Authorization', 'Proxy-Connection', 'X_Request_Id', 'Trailer', 'HTTP2-Settings', 'Keep-Alive'
].map((name): RequestCase => ({ name: `${name} of a stranger`, bytes: spoof(`${name}: 6.6.6.6`), passed: [{ ...first, hasNot: SPOOFED }] }))

const connection: readonly RequestCase[] = [
  ...passed({ ...hello, has: /^Content-Length: 5$/mi, hasNot: /transfer-encoding/i }, [
    'content-length', 'Content-Length', 'host', 'transfer-encoding', 'content-type', 'x-forwarded-for', 'x-forwarded-host, x-forwarded-proto, x-forwarded-port', 'via', 'x-request-id', 'authorization', 'cookie', 'connection', 'close, content-length', 'content-length, close', 'keep-alive, content-length', 'te', 'trailer',
    'upgrade', 'keep-alive, Upgrade', ',,,', ', content-length ,', 'x y', '"content-length"', 'content_length', '\xe9'
  ].map((value): Pair => [`Connection: ${value}`, field(`Connection: ${value}`)])),
  { name: 'Connection: transfer-encoding and chunks', bytes: `${POST}Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n${HELLO}`, passed: [{ ...hello, hasNot: /content-length/i }] },
  { name: 'Connection: close, then keep-alive', bytes: `${GET}Connection: close\r\nConnection: keep-alive\r\n\r\n`, passed: [first] },
  { name: 'Proxy-Connection: close', bytes: `${GET}Proxy-Connection: close\r\n\r\n`, passed: [{ ...first, hasNot: /proxy-connection/i }] },
  { name: 'a field that Connection lists', bytes: field('Connection: X-Secret\r\nX-Secret: 6.6.6.6'), passed: [{ ...hello, hasNot: SPOOFED }] },
  { name: 'Connection in two fields', bytes: field('Connection: X-A\r\nX-A: 6.6.6.6\r\nConnection: X-B\r\nX-B: 6.6.6.6'), passed: [{ ...hello, hasNot: SPOOFED }] }
]

const NO_UPGRADE = /^(?:upgrade|http2-settings):|^connection:.*upgrade/mi

const upgrades: readonly RequestCase[] = [
  ...passed({ ...hello, hasNot: NO_UPGRADE }, [
    ['Upgrade with a body', `${POST}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello`],
    ['Upgrade with chunks', `${POST}Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n${HELLO}`],
    ['h2c with a body', `${POST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nContent-Length: 5\r\n\r\nhello`]
  ]),
  ...passed({ ...first, hasNot: NO_UPGRADE }, [
    ['h2c', `${GET}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`],
    ['h2c and a request behind it', `${GET}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n${HIDDEN}`],
    ['h2c and an HTTP/2 preface', `${GET}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
    ['H2C', `${GET}Connection: Upgrade\r\nUpgrade: H2C\r\n\r\n`],
    ['h2c that Connection does not list', `${GET}Upgrade: h2c\r\n\r\n`],
    ['h2c that only HTTP2-Settings is listed for', `${GET}Connection: HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`],
    ['h2c among others', `${GET}Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n`],
    ['h2c in a field of its own', `${GET}Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n`],
    ['an empty Upgrade', `${GET}Connection: Upgrade\r\nUpgrade:\r\n\r\n`],
    ['an Upgrade of commas', `${GET}Connection: Upgrade\r\nUpgrade: ,,\r\n\r\n`],
    ['an Upgrade that Connection does not list', `${GET}Upgrade: websocket\r\n\r\n`],
    ['an Upgrade in HTTP/1.0', 'GET /first HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n']
  ]),
  { name: 'an upgrade that the target does not take, and a request behind it', bytes: `${GET}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n${HIDDEN}`, passed: [first] },
  { name: 'an upgrade of a POST without a body, and a request behind it', bytes: `${POST}Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n${HIDDEN}`, passed: [{ target: '/first', method: 'POST', body: '' }] },
  ...refused([400, 405], [
    ['CONNECT', `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n${HIDDEN}`],
    ['CONNECT with a path', `CONNECT /first HTTP/1.1\r\nHost: a\r\n\r\n${HIDDEN}`],
    ['CONNECT in absolute form', `CONNECT http://a/first HTTP/1.1\r\nHost: a\r\n\r\n${HIDDEN}`],
    ['CONNECT with a length', `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nContent-Length: 5\r\n\r\nhello${HIDDEN}`],
    ['CONNECT with an upgrade', `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${HIDDEN}`]
  ]),
  ...['100-continue', '100-Continue', '100-continue, x', 'x', '', '100', '200-ok', '100-continue;q=1'].map((value): RequestCase => (
    { name: `Expect: ${JSON.stringify(value)}`, bytes: field(`Expect: ${value}`), refused: [400, 417], passed: [hello] })),
  { name: 'Expect: 100-continue and a request behind the body', bytes: `${POST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello${HIDDEN}`, passed: [hello] },
  { name: 'Expect: 100-continue without a body', bytes: `${GET}Expect: 100-continue\r\n\r\n${HIDDEN}`, passed: [first] },
  { name: 'Expect: 100-continue in HTTP/1.0', bytes: 'POST /first HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello', passed: [hello] },
  { name: 'Expect twice', bytes: field('Expect: 100-continue\r\nExpect: 100-continue'), refused: [400, 417], passed: [hello] }
]

/** All of them. */
export const requestCases: readonly RequestCase[] = [...lengths, ...codings, ...chunks, ...trailers, ...fields, ...lines, ...hosts, ...spoofs, ...connection, ...upgrades]
