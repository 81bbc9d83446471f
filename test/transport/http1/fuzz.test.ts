import t from 'tap'
import fc from 'fast-check'
import { seededRandom } from '../../../src/base/random.js'
import { CaseRunner } from './fuzz/case.js'
import { Comparator } from './fuzz/comparison.js'
import { Cutter } from './fuzz/cutting.js'
import { OwnReader } from './fuzz/own-reader.js'
import { sameReading, type Sample } from './fuzz/reading.js'
import { sound, tainted } from './fuzz/structured.js'

/** `npm run fuzz` takes another seed every time, and many more. */
const SEED = 1
const CASES = 20_000

function sample (text: string, more: Partial<Sample> = {}): Sample {
  return { bytes: Buffer.from(text, 'latin1'), method: 'GET', upgrade: false, close: false, ...more }
}

t.test(`${CASES} mutated responses: the same verdict as llhttp, or a listed reason; and the same in pieces`, async t => {
  const runner = new CaseRunner()
  const verdicts = new Set<string>()
  for (let number = 0; number < CASES; number++) {
    const { verdict, finding } = runner.run(SEED, number)
    verdicts.add(verdict)
    if (finding !== null) t.fail(`case ${number}: ${finding.what}`, { ...finding, sample: finding.sample.bytes.toString('latin1'), diagnostic: true })
  }
  for (const verdict of ['complete', 'upgraded', 'partial', 'refused', 'stricter: a Transfer-Encoding other than "chunked"']) t.ok(verdicts.has(verdict), verdict)
})

t.test('a response that is right is taken for what it is, whole and in pieces, by both', async t => {
  const own = new OwnReader()
  const comparator = new Comparator()
  const cutter = new Cutter()
  const check = fc.property(sound, fc.nat(), ({ sample, expected }, seed) => {
    const reading = own.read(sample)
    if (!sameReading(reading, { ...expected, reason: '' })) t.same(reading, expected)
    return sameReading(reading, { ...expected, reason: '' }) && comparator.compare(sample).agree && cutter.findTorn(sample, reading, seededRandom(seed)) === null
  })
  t.doesNotThrow(() => { fc.assert(check, { numRuns: 1000 }) })
})

t.test('a response that is nearly right: the same verdict as llhttp, or a listed reason', async t => {
  const comparator = new Comparator()
  t.doesNotThrow(() => { fc.assert(fc.property(tainted, sample => comparator.compare(sample).agree), { numRuns: 3000 }) })
})

t.test('the ruler itself: llhttp takes and refuses what is known of it', async t => {
  const comparator = new Comparator()
  const cases: ReadonlyArray<readonly [Sample, string, string]> = [
    [sample('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokx'), 'complete', 'complete'],
    [sample('HTTP/1.1 200 OK\r\n\r\nok', { close: true }), 'complete', 'complete'],
    [sample('HTTP/1.1 200 OK\r\n\r\nok'), 'partial', 'partial'],
    [sample('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no', { close: true }), 'partial', 'partial'],
    [sample('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'), 'refused', 'refused'],
    [sample('HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nok', { upgrade: true }), 'upgraded', 'upgraded'],
    [sample('HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nok'), 'refused', 'refused'],
    [sample('HTTP/1.1 101 \r\nUpgrade: x\r\n\r\nok', { upgrade: true }), 'refused', 'refused'],
    [sample('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok', { close: true }), 'stricter: a Transfer-Encoding other than "chunked"', 'complete'],
    [sample('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'), 'stricter: a framing field in the trailers of the response', 'complete'],
    [sample('HTTP/1.1 200 OK\r\nContent-Length: 1x'), 'refused, by llhttp earlier', 'refused'],
    [sample('HTTP/1.1 200 OK\r\nConnection: close\t\r\nContent-Length: 0\r\n\r\n'), 'closed by us alone', 'complete'],
    [sample('HTTP/1.0 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n'), 'closed by us alone', 'complete'],
    [sample('HTTP/1.0 200 OK\r\nConnection: keep-alive\t\r\nContent-Length: 0\r\n\r\n'), 'agree but for a dialect of Connection', 'complete'],
    [sample('HTTP/1.1 200 OK\r\nProxy-Connection: close\r\nContent-Length: 0\r\n\r\n'), 'agree but for a dialect of Connection', 'complete']
  ]
  for (const [sample, verdict, outcome] of cases) {
    const comparison = comparator.compare(sample)
    t.equal(comparison.verdict, verdict, sample.bytes.toString('latin1'))
    t.equal(comparison.llhttp.outcome, outcome)
    t.equal(comparison.agree, true)
  }
})
