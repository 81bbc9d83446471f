import fc from 'fast-check'
import t from 'tap'
import { DURATION_PATTERN, parseDuration } from '../../src/base/duration.js'

t.test('reads each unit', async t => {
  t.strictSame(['0ms', '250ms', '5s', '1.5s', '5m', '1h', '2d', '0.001s'].map(parseDuration), [0, 250, 5000, 1500, 300_000, 3_600_000, 172_800_000, 1])
})

t.test('refuses what is none', async t => {
  for (const text of ['', '5', 's', '-1s', '+1s', '1 s', ' 1s', '1s ', '1S', '.5s', '1.s', '1.2345s', '1e3s', '1w', '1s1s', '5s\n', 'Infinity', '٣s']) {
    t.equal(parseDuration(text), undefined, JSON.stringify(text))
  }
})

t.test('refuses what no timer can hold', async t => {
  t.equal(parseDuration('2147483647ms'), undefined, 'ten digits are out of the pattern')
  t.equal(parseDuration('24d'), 24 * 86_400_000)
  t.equal(parseDuration('25d'), undefined)
  t.equal(parseDuration('999999999h'), undefined)
})

t.test('accepts what the pattern says, and no more', async t => {
  const pattern = new RegExp(DURATION_PATTERN)
  t.doesNotThrow(() => fc.assert(fc.property(fc.stringMatching(/^[0-9.]{0,5}(ms|s|m|h|d|x)?$/), text => {
    const value = parseDuration(text)
    if (value === undefined) return !pattern.test(text) || Number.parseFloat(text) > 24
    return pattern.test(text) && value >= 0 && value < 2 ** 31
  })))
})
