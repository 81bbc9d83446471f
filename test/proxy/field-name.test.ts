import fc from 'fast-check'
import t from 'tap'
import { fieldName } from '../../src/proxy/field-name.js'
import { isResponseDropped, readAs, requestField } from '../../src/proxy/header-names.js'

/** What is said of a name without remembering anything. */
function plainly (name: string): object {
  const lower = name.toLowerCase()
  return { lower, read: readAs(lower), inRequest: requestField(lower), droppedFromResponse: isResponseDropped(lower) }
}

t.test('a spelling is classified once', async t => {
  t.equal(fieldName('X-Some-Name'), fieldName(['X-Some', 'Name'].join('-')))
  t.not(fieldName('x-some-name'), fieldName('X-Some-Name'))
  t.strictSame(fieldName('X_Forwarded_For'), { lower: 'x_forwarded_for', read: 'x-forwarded-for', inRequest: 'drop', droppedFromResponse: false })
})

t.test('a client that invents names gets them classified too, and nobody else is the worse for it', async t => {
  for (let i = 0; i < 10_000; i++) {
    const name = `X-Invented-${i}`
    if (fieldName(name).lower !== name.toLowerCase()) t.fail(name)
  }
  for (const name of ['Connection', 'X-FORWARDED-FOR', 'x_real_ip', 'Accept', `X-${'long'.repeat(100)}`]) t.strictSame(fieldName(name), plainly(name), name)
})

t.test('what is remembered is what would be said anew', async t => {
  const name = fc.string({ unit: fc.constantFrom(...'xX-_.~aAforwdedFORWDEDTEte0'), minLength: 1, maxLength: 70 })
  t.doesNotThrow(() => fc.assert(fc.property(fc.oneof(name, fc.constantFrom('TE', 'Te', 'Host', 'EXPECT', 'x-request-ID', 'constructor', '__proto__')), name => {
    for (let time = 0; time < 2; time++) {
      if (JSON.stringify(fieldName(name)) !== JSON.stringify(plainly(name))) throw new Error(name)
    }
  }), { numRuns: 2000, seed: 10 }))
})
