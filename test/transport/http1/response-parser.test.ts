import t from 'tap'
import fc from 'fast-check'
import { BAD, BARE_LINE_FEEDS, GOOD, wire, type GoodResponse } from './corpus.js'
import { STRICTER } from '../../../src/transport/http1/strictness.js'
import { ParserRecorder, type Verdict } from './parser-recorder.js'

const SHORT = 2000

function split (bytes: Buffer, ...positions: number[]): Buffer[] {
  const cuts = [0, ...positions.toSorted((a, b) => a - b), bytes.length]
  return cuts.slice(1).map((cut, i) => bytes.subarray(cuts[i], cut))
}

function bytewise (bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))
}

function read (pieces: readonly Buffer[], { method = 'GET', upgrade = false, untilClose = false }: Partial<GoodResponse>): Verdict {
  return new ParserRecorder().read(pieces, method, upgrade, untilClose)
}

for (const good of GOOD) {
  t.test(`takes ${good.title}`, async t => {
    const verdict = read([wire(good.bytes)], good)
    t.equal(verdict.code, null)
    t.equal(verdict.state, good.upgraded === true ? 'upgraded' : 'ended')
    t.equal(verdict.status, good.status)
    if (good.headers !== undefined) t.same(verdict.headers, good.headers)
    t.equal(verdict.body, good.body ?? '')
    t.same(verdict.trailers, good.trailers ?? [])
    t.same(verdict.informational.map(({ status }) => status), good.informational ?? [])
    if (good.upgraded !== true) t.equal(verdict.persistent, good.persistent ?? true)
    t.equal(verdict.rest, good.rest ?? '')
  })
}

for (const { title, bytes, code, method = 'GET', upgrade = false } of BAD) {
  t.test(`refuses ${title}`, async t => {
    const verdict = read([wire(bytes)], { method, upgrade })
    t.equal(verdict.state, 'failed')
    t.equal(verdict.code, code)
  })
}

t.test('every listed strictness is one that the parser has', async t => {
  const seen = new Set<string>()
  const recorder = new ParserRecorder()
  for (const { bytes, method = 'GET', upgrade = false } of BAD) {
    recorder.read([wire(bytes)], method, upgrade, false)
    seen.add(recorder.parser.fault?.message ?? '')
  }
  for (const message of STRICTER.keys()) t.ok(seen.has(message), message)
})

t.test('refuses bare line feeds, wherever they stand', async t => {
  for (const text of BARE_LINE_FEEDS) {
    const verdict = read([Buffer.from(text)], {})
    t.equal(verdict.state, 'failed', JSON.stringify(text))
    t.same(read(bytewise(Buffer.from(text)), {}), verdict)
  }
})

t.test('refuses as soon as it can, not when the head is complete', async t => {
  for (const text of ['S', 'HTTP/2', 'HTTP/1.1 200 OK\n', 'HTTP/1.1 200 OK\r\nA\x01', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n']) {
    t.equal(read([Buffer.from(text)], {}).state, 'failed', JSON.stringify(text))
    t.equal(read(bytewise(Buffer.from(text)), {}).state, 'failed', JSON.stringify(text))
  }
})

t.test('says the same however a response is cut: byte by byte, and in two at every position', async t => {
  for (const response of [...GOOD, ...BAD]) {
    const bytes = wire(response.bytes)
    const whole = read([bytes], response)
    t.same(read(bytewise(bytes), response), whole, response.title)
    if (bytes.length > SHORT) continue
    for (let i = 1; i < bytes.length; i++) {
      const torn = read(split(bytes, i), response)
      if (JSON.stringify(torn) !== JSON.stringify(whole)) t.same(torn, whole, `${response.title}, cut at ${i}`)
    }
  }
})

t.test('says the same however a response is cut: at random, on a used parser, with waiting', async t => {
  const corpus = [...GOOD, ...BAD].filter(({ bytes }) => bytes.length <= SHORT)
  const cuts = fc.array(fc.nat({ max: SHORT }), { maxLength: 12 })
  const steps = fc.array(fc.record({ response: fc.constantFrom(...corpus), cuts, waiting: fc.boolean() }), { minLength: 1, maxLength: 5 })
  const check = fc.property(steps, steps => {
    const recorder = new ParserRecorder()
    for (const { response, cuts, waiting } of steps) {
      const bytes = wire(response.bytes)
      const { method = 'GET', upgrade = false, untilClose = false } = response
      const expected = new ParserRecorder().read([bytes], method, upgrade, untilClose)
      recorder.waiting = waiting
      const seen = recorder.read(split(bytes, ...cuts.map(cut => cut % bytes.length)), method, upgrade, untilClose)
      if (JSON.stringify(seen) !== JSON.stringify(expected)) t.same(seen, expected, response.title)
    }
  })
  t.doesNotThrow(() => { fc.assert(check, { numRuns: 3000 }) })
})

t.test('any body comes through any chunking', async t => {
  const chunk = fc.uint8Array({ minLength: 1, maxLength: 300 })
  const check = fc.property(fc.array(chunk, { maxLength: 8 }), fc.array(fc.nat({ max: 2000 }), { maxLength: 8 }), (chunks, cuts) => {
    const bytes = Buffer.concat([
      wire('HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n'),
      ...chunks.flatMap(chunk => [Buffer.from(`${chunk.length.toString(16)}\r\n`), Buffer.from(chunk), Buffer.from('\r\n')]),
      Buffer.from('0\r\n\r\n')
    ])
    const verdict = read(split(bytes, ...cuts.map(cut => cut % bytes.length)), {})
    return verdict.state === 'ended' && verdict.body === Buffer.concat(chunks).toString('latin1')
  })
  t.doesNotThrow(() => { fc.assert(check) })
})

t.test('noise never throws', async t => {
  const noise = fc.array(fc.uint8Array({ maxLength: 80 }).map(bytes => Buffer.from(bytes)), { maxLength: 4 })
  const starts = fc.constantFrom('', 'HTTP/1.1 200 OK\n', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n')
  const check = fc.property(noise, starts, (pieces, start) => { read([wire(start), ...pieces], { untilClose: true }) })
  t.doesNotThrow(() => { fc.assert(check) })
})

t.test('the same head again is recognised, and read anew for what was asked', async t => {
  const recorder = new ParserRecorder()
  const first = recorder.read([wire('HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nok')], 'GET', false, false)
  const again = recorder.read([wire('HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nno')], 'GET', false, false)
  t.equal(again.headers, first.headers, 'the very same fields')
  t.equal(again.body, 'no')
  const head = recorder.read([wire('HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\n')], 'HEAD', false, false)
  t.equal(head.state, 'ended')
  t.equal(head.body, '')
  const other = recorder.read([wire('HTTP/1.1 200 OK\nA: c\nContent-Length: 3\n\nyes')], 'GET', false, false)
  t.same(other.headers, ['A', 'c', 'Content-Length', '3'])
  t.equal(other.body, 'yes')
  const interim = recorder.read([wire('HTTP/1.1 103 Early\nContent-Length: 9\n\nHTTP/1.1 200 OK\nA: c\nContent-Length: 3\n\nyes')], 'GET', false, false)
  t.equal(interim.body, 'yes')
  t.equal(interim.persistent, true)
})

t.test('close in the trailers is not remembered with the head', async t => {
  const recorder = new ParserRecorder()
  const head = 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n'
  t.equal(recorder.read([wire(head), wire('0\nConnection: close\n\n')], 'GET', false, false).persistent, false)
  t.equal(recorder.read([wire(head), wire('0\n\n')], 'GET', false, false).persistent, true)
})

t.test('nothing is read after stop, not even from within an event', async t => {
  const recorder = new ParserRecorder()
  const { parser } = recorder
  parser.begin('GET', false)
  recorder.head = () => { parser.stop() }
  const bytes = wire('HTTP/1.1 200 OK\nContent-Length: 2\n\nok')
  parser.execute(bytes, 0, bytes.length)
  t.equal(parser.state, 'stopped')
  t.equal(parser.execute(bytes, 0, bytes.length), 0)
})

t.test('how long the target keeps an idle connection', async t => {
  const cases: ReadonlyArray<readonly [string, number]> = [
    ['Keep-Alive: timeout=5', 5000], ['keep-alive: max=10, Timeout=72', 72_000], ['Keep-Alive: timeout=0', 0],
    ['Keep-Alive: timeout=x', -1], ['Keep-Alive: timeout=-5', -1], ['Keep-Alive: 5', -1], ['Connection: keep-alive', -1], ['Keep-Alive: timeout=99999999', -1]
  ]
  const recorder = new ParserRecorder()
  for (const [field, expected] of cases) {
    recorder.read([wire(`HTTP/1.1 200 OK\n${field}\nContent-Length: 0\n\n`)], 'GET', false, false)
    t.equal(recorder.parser.keepAlive, expected, field)
  }
})

t.test('the end of the connection completes only a body that runs until then', async t => {
  for (const [bytes, state] of [['', 'head'], ['HTTP/1.1 2', 'head'], ['HTTP/1.1 200 OK\nContent-Length: 5\n\nabc', 'body'], ['HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n', 'body'], ['HTTP/1.1 200 OK\n\n', 'ended']] as const) {
    t.equal(read([wire(bytes)], { untilClose: true }).state, state, bytes)
  }
})
