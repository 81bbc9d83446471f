import fc from 'fast-check'
import t from 'tap'
import { LeastConnections } from '../../src/balancing/least-connections.js'
import { peakEwma } from '../../src/balancing/peak-ewma.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { sticky } from '../../src/balancing/sticky.js'
import type { StickyInput } from '../../src/balancing/sticky-options.js'
import type { NonEmpty, Picker, Strategy } from '../../src/balancing/strategy.js'
import { strategyContract } from './contract.js'
import { contextOf, equals, FakeCandidate, nonEmpty } from './fake-candidate.js'

const SECRET = 'correct horse battery staple'
const OTHER = 'another sixteen characters'
const TOKEN = /^headrace=([A-Za-z0-9_-]{22}); Path=\/; HttpOnly; SameSite=Lax$/

function create (options: Partial<StickyInput> = {}, beneath: Strategy = new RoundRobin()): Strategy {
  return sticky.create({ secret: SECRET, ...options }, () => beneath)
}

strategyContract(t, { create: () => create() })
t.test('over least-connections', async t => { strategyContract(t, { create: () => create({}, new LeastConnections()) }) })

function targets (count: number, pool = 'api'): NonEmpty<FakeCandidate> {
  return nonEmpty(Array.from({ length: count }, (_, i) => new FakeCandidate(`${pool}/http://10.0.0.${i}:3000`)))
}

const withCookie = (cookie?: string) => contextOf(cookie === undefined ? {} : { headers: { cookie } })

/** The token that a response of this candidate brings. */
function tokenFrom (strategy: Strategy, candidate: FakeCandidate): string {
  const [name, value, ...others] = strategy.responseFields?.(candidate, withCookie()) ?? []
  if (name !== 'Set-Cookie' || others.length > 0) throw new Error(`fields: ${String(name)}`)
  return /^[^=]+=([^;]*)/.exec(value ?? '')?.[1] ?? ''
}

/** Whoever ten picks with this cookie choose. */
function chosen (picker: Picker<FakeCandidate>, cookie?: string): Set<FakeCandidate> {
  return new Set(Array.from({ length: 10 }, () => picker.pick(withCookie(cookie))))
}

t.test('a client stays where it was first, and is told so once', async t => {
  const strategy = create()
  const list = targets(4)
  const picker = strategy.prepare(list)
  for (const candidate of list) {
    t.match(strategy.responseFields?.(candidate, withCookie())?.[1], TOKEN)
    const token = tokenFrom(strategy, candidate)
    t.notMatch(Buffer.from(token, 'base64url').toString('latin1'), '10.0.0')
    for (const cookie of [`headrace=${token}`, `a=b; headrace=${token}; c=d`, `headrace="${token}"`, `headrace=${token}; headrace=x`]) {
      t.strictSame([...chosen(picker, cookie)], [candidate], cookie)
      t.equal(strategy.responseFields?.(candidate, withCookie(cookie)), null)
    }
  }
  t.equal(chosen(picker).size, 4, 'without a cookie the strategy beneath goes round')
})

t.test('a client whose target is gone gets another, and a cookie for that one', async t => {
  const strategy = create()
  const [gone, ...rest] = targets(4)
  const token = tokenFrom(strategy, gone)
  const others = nonEmpty(rest)
  t.equal(chosen(strategy.prepare(others), `headrace=${token}`).size, 3)
  t.match(strategy.responseFields?.(others[0], withCookie(`headrace=${token}`))?.[1], TOKEN)
  t.strictSame([...chosen(strategy.prepare(nonEmpty([gone, ...rest])), `headrace=${token}`)], [gone], 'back again')
})

t.test('what is not signed, or with another secret, or for another origin, never selects', async t => {
  const strategy = create()
  const list = targets(4)
  const picker = strategy.prepare(list)
  const tokens = list.map(candidate => tokenFrom(strategy, candidate))
  const token = tokens[0] ?? ''
  const foreign = [
    ...list.map(candidate => tokenFrom(create({ secret: OTHER }), candidate)),
    tokenFrom(strategy, new FakeCandidate('api/http://10.0.0.9:3000')),
    '10.0.0.0', 'http://10.0.0.0:3000', list[0].id, 'api', '', '0', '__proto__', 'constructor', token.toLowerCase(), token.slice(0, -1), `${token}A`, ` ${token.slice(1)}`, `${token}%3D`
  ]
  for (const bad of foreign) t.equal(chosen(picker, `headrace=${bad}`).size, 4, bad)
  t.equal(chosen(picker, `Headrace=${token}`).size, 4, 'a cookie of another name')
  fc.assert(fc.property(fc.nat(3), fc.nat(21), fc.constantFrom(...'ABab019-_'), (target, index, character) => {
    const whole = tokens[target] ?? ''
    const tampered = whole.slice(0, index) + character + whole.slice(index + 1)
    return tampered === whole || chosen(picker, `headrace=${tampered}`).size === 4
  }))
  fc.assert(fc.property(fc.string(), cookie => chosen(picker, cookie).size === 4))
  fc.assert(fc.property(fc.string(), value => chosen(picker, `headrace=${value}`).size === 4))
})

t.test('all proxies with the secret agree, whatever they call the pool and however they order it', async t => {
  const mine = create()
  const theirs = create()
  const list = targets(5)
  const other = nonEmpty([...targets(5, 'backend')].reverse())
  const picker = theirs.prepare(other)
  for (const candidate of list) {
    const [found, ...more] = chosen(picker, `headrace=${tokenFrom(mine, candidate)}`)
    t.equal(found?.id.slice('backend/'.length), candidate.id.slice('api/'.length))
    t.strictSame(more, [])
  }
})

t.test('rotation: old cookies lead on and are replaced, new ones are signed with the first', async t => {
  const [before, during, after] = [create({ secret: SECRET }), create({ secret: [OTHER, SECRET] }), create({ secret: OTHER })]
  const list = targets(3)
  for (const candidate of list) {
    const [old, renewed] = [tokenFrom(before, candidate), tokenFrom(during, candidate)]
    t.not(old, renewed)
    t.equal(renewed, tokenFrom(after, candidate))
    t.strictSame([...chosen(during.prepare(list), `headrace=${old}`)], [candidate])
    t.strictSame([...chosen(during.prepare(list), `headrace=${renewed}`)], [candidate])
    t.equal(chosen(after.prepare(list), `headrace=${old}`).size, 3)
    t.match(during.responseFields?.(candidate, withCookie(`headrace=${old}`))?.[1], TOKEN)
    t.equal(during.responseFields?.(candidate, withCookie(`headrace=${renewed}`)), null)
  }
})

t.test('the cookie is as the options say', async t => {
  const strategy = create({ cookie: 'shop', path: '/shop', domain: 'shop.example', secure: true, httpOnly: false, sameSite: 'none', maxAge: '1.5h' })
  const [first, second] = [new FakeCandidate('api/http://a'), new FakeCandidate('api/http://b')]
  t.match(strategy.responseFields?.(first, withCookie()), [
    'Set-Cookie', /^shop=[A-Za-z0-9_-]{22}; Path=\/shop; Domain=shop\.example; Max-Age=5400; Secure; SameSite=None$/
  ])
  t.strictSame([...chosen(strategy.prepare([first, second]), `shop=${tokenFrom(strategy, second)}`)], [second])
})

t.test('what the strategy beneath wants is handed on: followers, scores, fields', async t => {
  const list = targets(2)
  const plain = create({}, new RoundRobin())
  t.equal(plain.follow, undefined, 'nobody is timed for nothing')
  t.equal(plain.prepare(list).scores, undefined)
  const learns = create({}, peakEwma.create({}))
  t.type(learns.follow?.(list[0]).began, Function)
  t.equal(learns.prepare(list).scores?.(withCookie()).length, 2)
  const inner = create({ cookie: 'inner' })
  const both = create({}, inner)
  const fields = both.responseFields?.(list[0], withCookie()) ?? []
  t.match(fields, ['Set-Cookie', /^headrace=/, 'Set-Cookie', /^inner=/])
  t.match(both.responseFields?.(list[0], withCookie(`headrace=${tokenFrom(plain, list[0])}`)), ['Set-Cookie', /^inner=/])
})

t.test('without a word of another it stands on least-connections', async t => {
  const list = equals(3)
  list[0].inflight = list[1]?.inflight ?? 0
  const picker = sticky.create({ secret: SECRET }).prepare(list)
  list[0].inflight = 5
  t.notOk(Array.from({ length: 10 }, () => picker.pick(withCookie())).includes(list[0]))
  t.throws(() => sticky.create({ secret: [] }), TypeError)
})
