import fc from 'fast-check'
import t from 'tap'
import { Verdict } from '../../src/health/verdict.js'

/** Results as `+` and `-`, and `!` for the target's own word that it goes; the answer has `^` and `v` where it flipped up or down, `.` elsewhere. */
function flips (rise: number, fall: number, results: string, known: boolean | null = null): string {
  const verdict = new Verdict(rise, fall, known)
  const take = (result: string): boolean => result === '!' ? verdict.fall() : verdict.record(result === '+')
  return [...results].map(result => take(result) ? (verdict.up === true ? '^' : 'v') : '.').join('')
}

t.test('says only whether it flipped', async t => {
  for (const [rise, fall, results, expected] of [
    [2, 3, '+', '^'],
    [2, 3, '++++', '^...'],
    [2, 3, '+---', '^..v'],
    [2, 3, '+--+--+---', '^........v'],
    [2, 3, '+---+-++', '^..v...^'],
    [2, 3, '---', 'v..'],
    [5, 3, '---+', 'v..^'],
    [5, 3, '-+---+++++', 'v^..v....^'],
    [1, 1, '+-+-', '^v^v']
  ] as const) {
    t.equal(flips(rise, fall, results), expected, `rise ${rise}, fall ${fall}: ${results}`)
  }
})

t.test('takes a target at its word that it goes, and asks for rise successes afterwards', async t => {
  for (const [results, expected] of [
    ['+!', '^v'],
    ['+!!-', '^v..'],
    ['+!++', '^v.^'],
    ['+!+!++', '^v...^'],
    ['+---+!++', '^..v...^'],
    ['+--!', '^..v'],
    ['!', 'v'],
    ['!+', 'v^'],
    ['-!+', 'v.^']
  ] as const) t.equal(flips(2, 3, results), expected, results)
  t.equal(flips(2, 3, '!++', true), 'v.^')
  t.equal(flips(2, 3, '!', false), '.')
})

t.test('takes over what is known', async t => {
  t.equal(flips(2, 3, '---++', true), '..v.^')
  t.equal(flips(2, 3, '+++', false), '.^.')
  t.equal(new Verdict(2, 3).up, null)
  t.equal(new Verdict(2, 3, false).up, false)
})

t.test('after its first success a flip is always the end of rise or fall results in a row', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.array(fc.boolean(), { maxLength: 80 }), (rise, fall, results) => {
    const verdict = new Verdict(rise, fall, true)
    let up = true
    return results.every((passed, i) => {
      const run = results.slice(0, i + 1).reverse().findIndex(other => other !== passed)
      const length = run === -1 ? i + 1 : run
      const flips = passed !== up && length >= (passed ? rise : fall)
      if (flips) up = passed
      return verdict.record(passed) === flips && verdict.up === up
    })
  })))
})
