import { seededRandom, type Random } from '../../../../src/base/random.js'
import { BAD, BARE_LINE_FEEDS, GOOD, wire, type GoodResponse } from '../corpus.js'
import type { Sample } from './reading.js'

/** Longer responses are there for the bounds; each costs as much as hundreds of others. */
const LONG = 2000
const LONG_SHARE = 0.002
/** Most begin as responses that are to be taken: what is refused already can hardly show anything new. */
const GOOD_SHARE = 0.8
/** A response is changed at most so often. */
const CHANGES = 6

/** What makes parsers stumble. */
const TOKENS = [
  '\r\n', '\r', '\n', '\r\n\r\n', '\n\n', '\r\r\n', '\r\n ', '\r\n\t', ' ', '\t', ' \t ', '\0', '\x01', '\x0b', '\x0c', '\x7f', '\x80', '\xa0', '\xff',
  ':', ' :', ',', ';', '=', '"', '\\', '\\"', '\\\r\n', '+', '-', '0x', '_', '00', '0', '9', 'f', '/', '.', 'H', '%0d%0a',
  'HTTP/1.1 ', 'HTTP/1.0 ', 'HTTP/1.', 'HTTP/2.0 ', 'HTTP/0.9 ', 'http/1.1 ', 'ICY ', 'RTSP/1.0 ', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.0 200 OK\r\n',
  'HTTP/1.1 100 \r\n\r\n', 'HTTP/1.1 101 \r\n', 'HTTP/1.1 103 x\r\na: b\r\n\r\n', 'HTTP/1.1 204 \r\n', 'HTTP/1.1 304 \r\n', ' 100 ', ' 101 ', ' 199 ', ' 204 ', ' 205 ', ' 304 ', ' 099 ', ' 600 ',
  'Content-Length: ', 'Content-Length: 0\r\n', 'Content-Length: 2\r\n', 'content-length:5\r\n', 'Content-Length: 2, 2\r\n', 'Content-Length : 2\r\n', 'Content_Length: 2\r\n', 'Content-Lengt', 'Content-Lengths: 1\r\n',
  'Transfer-Encoding: ', 'Transfer-Encoding: chunked\r\n', 'transfer-encoding:CHUNKED\r\n', 'Transfer-Encoding: gzip, chunked\r\n', 'Transfer-Encoding: chunked, identity\r\n', 'Transfer-Encoding: identity\r\n', 'Transfer-Encodin', 'chunked', ' chunked', 'chunke', ', chunked', 'chunked,',
  'Connection: close\r\n', 'Connection: keep-alive\r\n', 'Connection: Upgrade\r\n', 'Connection: upgrade, keep-alive\r\n', 'Connection: ', 'Proxy-Connection: close\r\n', 'close', 'keep-alive', ' close', 'close ,', ',close', '\tclose', 'upgrade',
  'Upgrade: websocket\r\n', 'Upgrade:\r\n', 'Keep-Alive: timeout=5\r\n', 'Trailer: a\r\n', 'a: b\r\n', 'a:\r\n', ': b\r\n', 'a\r\n',
  '0\r\n\r\n', '0\r\n', '\r\n0\r\n\r\n', '1\r\nx\r\n', '2\r\nok\r\n', '000', '2;a=b', ';a', ';a=', ';a="b"', ';a="\\', ';;', '; ', 'fffffffffffffff', '10000000000000000', '1fffffffffffff', '20000000000000'
].map(text => Buffer.from(text, 'latin1'))

/** What a length may be replaced by. */
const LENGTHS = ['0', '00', '1', '2', '3', '5', '8', 'a', 'A', '0a', '10', '-1', '+1', '0x1', '1e1', '1.0', ' 1', '1 ', '1\t', '\t1', '', '1,1', '4294967295', '4294967296', '9007199254740991', '9007199254740992', '18446744073709551615', '18446744073709551616', '99999999999999999999', '00000000000000000001', '000000000000001', '0000000000000001']
  .map(text => Buffer.from(text, 'latin1'))

/** What some parser somewhere takes for the end of a line, and what goes on with it. */
const LINE_ENDS = ['\n', '\r', '\n\n', '\r\r', '\n\r', '\r\r\n', '\r\n ', '\r\n\t', '\r\n\r\n', ' \r\n', '\t\r\n', '\0\r\n', '\v\r\n', ',\r\n', ';\r\n', '']
  .map(text => Buffer.from(text, 'latin1'))

/** Whole lines. */
const LINES = TOKENS.filter(token => token.length > 4 && token.at(-1) === 0x0a)

const GOOD_SEEDS = GOOD.map(seed)
const BAD_SEEDS = [
  ...BAD.map(seed),
  ...BARE_LINE_FEEDS.map(text => ({ bytes: Buffer.from(text, 'latin1'), method: 'GET', upgrade: false, close: false }))
]
const LONG_SEEDS = [...GOOD_SEEDS, ...BAD_SEEDS].filter(isLong)
const SHORT_GOOD_SEEDS = GOOD_SEEDS.filter(sample => !isLong(sample))
const SHORT_BAD_SEEDS = BAD_SEEDS.filter(sample => !isLong(sample))

type Mutation = (bytes: Buffer, random: Random) => Buffer

const MUTATIONS: readonly Mutation[] = [flip, replace, insertToken, insertToken, insertLine, insertLine, insertLine, replaceByToken, remove, removeByte, duplicate, duplicateLine, moveLine, splice, changeLength, changeLength, changeLength, truncate, changeCase, changeCase, changeLineEnd, changeTail]

/** The sample with this number: the same for the same seed, whatever came before it. */
export function mutant (seed: number, number: number): { readonly sample: Sample, readonly random: Random } {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) + number)
  // The first numbers of neighbouring seeds are alike in their high bits often enough to be seen.
  random()
  const origin = choose(random() < LONG_SHARE ? LONG_SEEDS : shortSeeds(random), random)
  let { bytes } = origin
  for (let left = 1 + Math.floor(random() ** 3 * CHANGES); left > 0; left--) bytes = choose(MUTATIONS, random)(bytes, random)
  const sample = {
    bytes,
    method: random() < 0.05 ? 'HEAD' : origin.method,
    upgrade: random() < 0.05 ? !origin.upgrade : origin.upgrade,
    close: random() < 0.2 ? !origin.close : origin.close
  }
  return { sample, random }
}

function seed ({ bytes, method = 'GET', upgrade = false, untilClose = false }: Pick<GoodResponse, 'bytes' | 'method' | 'upgrade' | 'untilClose'>): Sample {
  return { bytes: wire(bytes), method, upgrade, close: untilClose }
}

function isLong ({ bytes }: Sample): boolean {
  return bytes.length > LONG
}

function shortSeeds (random: Random): readonly Sample[] {
  return random() < GOOD_SHARE ? SHORT_GOOD_SEEDS : SHORT_BAD_SEEDS
}

function flip (bytes: Buffer, random: Random): Buffer {
  return withByte(bytes, random, byte => byte ^ (1 << below(8, random)))
}

function replace (bytes: Buffer, random: Random): Buffer {
  return withByte(bytes, random, () => below(256, random))
}

function changeCase (bytes: Buffer, random: Random): Buffer {
  return withByte(bytes, random, byte => byte ^ 0x20)
}

function withByte (bytes: Buffer, random: Random, change: (byte: number) => number): Buffer {
  const changed = Buffer.from(bytes)
  const at = below(bytes.length, random)
  if (at < changed.length) changed[at] = change(changed[at] ?? 0)
  return changed
}

function insertToken (bytes: Buffer, random: Random): Buffer {
  const at = position(bytes, random)
  return put(bytes, at, at, choose(TOKENS, random))
}

/** A whole line where one may stand. */
function insertLine (bytes: Buffer, random: Random): Buffer {
  const [at] = line(bytes, random)
  return put(bytes, at, at, choose(LINES, random))
}

function replaceByToken (bytes: Buffer, random: Random): Buffer {
  const token = choose(TOKENS, random)
  const at = position(bytes, random)
  return put(bytes, at, at + token.length, token)
}

function remove (bytes: Buffer, random: Random): Buffer {
  const at = below(bytes.length, random)
  return put(bytes, at, at + 1 + below(16, random))
}

function removeByte (bytes: Buffer, random: Random): Buffer {
  const at = below(bytes.length, random)
  return put(bytes, at, at + 1)
}

function duplicate (bytes: Buffer, random: Random): Buffer {
  const at = below(bytes.length, random)
  const end = at + 1 + below(24, random)
  return put(bytes, end, end, bytes.subarray(at, end))
}

function duplicateLine (bytes: Buffer, random: Random): Buffer {
  const [start, end] = line(bytes, random)
  return put(bytes, end, end, bytes.subarray(start, end))
}

function moveLine (bytes: Buffer, random: Random): Buffer {
  const [start, end] = line(bytes, random)
  const rest = put(bytes, start, end)
  const [at] = line(rest, random)
  return put(rest, at, at, bytes.subarray(start, end))
}

/** The beginning of this one, the end of another. */
function splice (bytes: Buffer, random: Random): Buffer {
  const other = choose(shortSeeds(random), random).bytes
  return Buffer.concat([bytes.subarray(0, position(bytes, random)), other.subarray(position(other, random))])
}

function changeLineEnd (bytes: Buffer, random: Random): Buffer {
  const at = bytes.indexOf('\r\n', line(bytes, random)[0])
  return at === -1 ? bytes : put(bytes, at, at + 2, choose(LINE_ENDS, random))
}

/** Something else, or something more, where the head has ended. */
function changeTail (bytes: Buffer, random: Random): Buffer {
  const end = bytes.indexOf('\r\n\r\n')
  const at = end + 4 + below(bytes.length - end - 3, random)
  return end === -1 ? bytes : put(bytes, at, at + below(3, random), choose(TOKENS, random))
}

function truncate (bytes: Buffer, random: Random): Buffer {
  return bytes.subarray(0, below(bytes.length, random))
}

/** Replaces a number, or makes it one more or less. */
function changeLength (bytes: Buffer, random: Random): Buffer {
  const numbers = [...bytes.toString('latin1', 0, LONG).matchAll(/[0-9a-fA-F]*[0-9][0-9a-fA-F]*/g)]
  const match = numbers[below(numbers.length, random)]
  if (match === undefined) return bytes
  const [text] = match
  const value = Number.parseInt(text, 10)
  const changed = random() < 0.5 || Number.isNaN(value) ? choose(LENGTHS, random) : Buffer.from(String(value + (random() < 0.5 ? 1 : -1)))
  return put(bytes, match.index, match.index + text.length, changed)
}

/** Start and end of some line, with what ends it. */
function line (bytes: Buffer, random: Random): readonly [number, number] {
  const at = below(bytes.length, random)
  const start = at === 0 ? 0 : bytes.lastIndexOf(0x0a, at - 1) + 1
  const end = bytes.indexOf(0x0a, at)
  return [start, end === -1 ? bytes.length : end + 1]
}

function put (bytes: Buffer, start: number, end: number, between: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([bytes.subarray(0, start), between, bytes.subarray(end)])
}

/** Anywhere, or, as often, at the start of a line, where most of the grammar turns. */
function position (bytes: Buffer, random: Random): number {
  return random() < 0.5 ? below(bytes.length + 1, random) : line(bytes, random)[0]
}

function choose<T> (from: readonly T[], random: Random): T {
  // The index is below the length, and none of the lists is empty.
  return from[below(from.length, random)] as T
}

function below (limit: number, random: Random): number {
  return Math.floor(random() * limit)
}
