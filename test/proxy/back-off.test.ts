import fc from 'fast-check'
import t from 'tap'
import { seededRandom } from '../../src/base/random.js'
import { backOff, retryAfter } from '../../src/proxy/back-off.js'

const rules = { base: 25, max: 250 }

t.test('the bound doubles from retry to retry, up to the longest', async t => {
  const bounds = [1, 2, 3, 4, 5, 6, 100, 1e6].map(retry => backOff(retry, rules, () => 1))
  t.strictSame(bounds, [25, 50, 100, 200, 250, 250, 250, 250])
  t.equal(backOff(1, { base: 500, max: 250 }, () => 1), 250)
  t.equal(backOff(5000, { base: 0, max: 250 }, () => 1), 0)
  t.equal(backOff(3, rules, () => 0), 0)
})

t.test('waits are spread evenly over all of it', async t => {
  const random = seededRandom(3)
  const counts = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) {
    const tenth = Math.floor(backOff(4, rules, random) / 20)
    counts[tenth] = (counts[tenth] ?? 0) + 1
  }
  t.equal(counts.length, 10)
  t.ok(counts.every(count => count > 850 && count < 1150), counts.join())
})

t.test('is always from nothing to the bound', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 0, max: 2 ** 31 }), fc.nat(), (retry, base, max, seed) => {
    const wait = backOff(retry, { base, max }, seededRandom(seed))
    return wait >= 0 && wait <= max && (base === 0 ? wait === 0 : wait <= base * 2 ** (retry - 1))
  })))
})

const NOW = Date.UTC(2025, 6, 1, 12, 0, 0)

t.test('Retry-After in seconds', async t => {
  for (const [value, expected] of [
    ['0', 0], ['1', 1000], ['120', 120_000], ['007', 7000], ['9'.repeat(400), Number.MAX_SAFE_INTEGER]
  ] as const) t.equal(retryAfter(value, NOW), expected, value.slice(0, 20))
})

t.test('Retry-After as a date, in each form of RFC 9110', async t => {
  for (const [value, expected] of [
    ['Tue, 01 Jul 2025 12:00:30 GMT', 30_000],
    ['Tuesday, 01-Jul-25 12:00:30 GMT', 30_000],
    ['Tue Jul  1 12:00:30 2025', 30_000],
    ['Tue Jul 01 12:00:30 2025', 30_000],
    ['Thu, 10 Jul 2025 12:00:00 GMT', 9 * 86_400_000],
    ['Thu Jul 10 12:00:00 2025', 9 * 86_400_000],
    ['Tue, 01 Jul 2025 12:00:00 GMT', 0],
    ['Tue, 01 Jul 2025 11:59:59 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
    ['Sun Nov  6 08:49:37 1994', 0],
    ['Tue, 01 Jul 2025 12:59:60 GMT', 3_600_000],
    ['Tue, 29 Feb 2028 00:00:00 GMT', Date.UTC(2028, 1, 29) - NOW],
    ['Wed, 31 Dec 2025 23:59:59 GMT', Date.UTC(2026, 0, 1) - NOW - 1000]
  ] as const) t.equal(retryAfter(value, NOW), expected, value)
})

t.test('two digits of a year are at most 50 years ahead', async t => {
  t.equal(retryAfter('Tuesday, 01-Jul-75 12:00:00 GMT', NOW), Date.UTC(2075, 6, 1, 12) - NOW)
  t.equal(retryAfter('Thursday, 01-Jul-76 12:00:00 GMT', NOW), 0)
  t.equal(retryAfter('Saturday, 01-Jan-00 12:00:00 GMT', Date.UTC(2099, 5, 1)), Date.UTC(2100, 0, 1, 12) - Date.UTC(2099, 5, 1))
})

t.test('anything else is none', async t => {
  for (const value of [
    undefined, '', ' ', '-1', '+1', '1.5', '1e3', '0x10', ' 1', '1 ', '1, 2', 'soon', 'Infinity', '٣',
    'Tue, 1 Jul 2025 12:00:30 GMT', 'Tue, 01 Jul 2025 12:00:30', 'Tue, 01 Jul 2025 12:00:30 UTC', 'Tue, 01 Jul 2025 12:00:30 +0000',
    'tue, 01 jul 2025 12:00:30 gmt', '01 Jul 2025 12:00:30 GMT', 'Tue,01 Jul 2025 12:00:30 GMT', 'Tue, 01 Jul 25 12:00:30 GMT',
    'Tue, 00 Jul 2025 12:00:30 GMT', 'Tue, 31 Jun 2025 12:00:30 GMT', 'Sat, 29 Feb 2025 12:00:30 GMT', 'Tue, 01 Jul 2025 24:00:00 GMT',
    'Tue, 01 Jul 2025 12:60:00 GMT', 'Tue, 01 Jul 2025 12:00:61 GMT', 'Tue, 01-Jul-25 12:00:30 GMT', 'Tue Jul   1 12:00:30 2025',
    'Tue Jul  0 12:00:30 2025', '2025-07-01T12:00:30Z', 'Tue, 01 Jul 2025 12:00:30 GMT\n'
  ]) t.equal(retryAfter(value, NOW), null, JSON.stringify(value))
})

t.test('reads any date as it was written', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.date({ min: new Date(NOW), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true }), date => {
    const seconds = Math.floor(date.getTime() / 1000) * 1000
    return retryAfter(date.toUTCString(), NOW) === seconds - NOW
  })))
})

t.test('never throws, never gives a wait that is none', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.string(), value => {
    const wait = retryAfter(value, NOW)
    return wait === null || (Number.isFinite(wait) && wait >= 0)
  })))
})
