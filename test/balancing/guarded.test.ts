import t from 'tap'
import { setImmediate } from 'node:timers/promises'
import { Guarded } from '../../src/balancing/guarded.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import type { Candidate, Flight, NonEmpty, PickContext, Picker, Strategy } from '../../src/balancing/strategy.js'
import { candidates, context, equals, tally } from './fake-candidate.js'

const request = context()

/** A strategy of somebody who had no types to keep to. */
const foreign = (strategy: unknown): Strategy => strategy as Strategy // That it is none is what these tests are about.

interface Watched {
  readonly guarded: Guarded
  readonly faults: unknown[]
}

function guard (strategy: unknown): Watched {
  const faults: unknown[] = []
  return { faults, guarded: new Guarded(foreign(strategy), fault => { faults.push(fault) }) }
}

const message = (fault: unknown): string => fault instanceof Error ? fault.message : String(fault)

t.test('a strategy without faults is itself', async t => {
  const list = candidates(5, 1, 1)
  const { guarded, faults } = guard(new RoundRobin())
  const plain = new RoundRobin().prepare(list)
  const picker = guarded.prepare(list)
  t.strictSame(Array.from({ length: 14 }, () => picker.pick(request)), Array.from({ length: 14 }, () => plain.pick(request)))
  t.strictSame(picker.scores?.(request), [])
  t.equal(guarded.responseFields(list[0], request), null)
  t.strictSame(faults, [])
})

t.test('whatever goes wrong in a pick, round-robin picks, by weight', async t => {
  const stranger = equals(1)[0]
  const cases: ReadonlyArray<readonly [string, unknown]> = [
    ['mine', { prepare: () => ({ pick: () => { throw new Error('mine') } }) }],
    ['mine', { prepare: () => { throw new Error('mine') } }],
    ['just words', { prepare: () => ({ pick: () => { throw 'just words' } }) }], // eslint-disable-line no-throw-literal
    ['it chose none of the targets that it was given', { prepare: () => ({ pick: () => stranger }) }],
    ['it chose none of the targets that it was given', { prepare: () => ({ pick: () => undefined }) }],
    ['it chose none of the targets that it was given', { prepare: (list: NonEmpty<Candidate>) => ({ pick: () => list[0].id }) }],
    ['it gave a promise: it must choose at once', { prepare: (list: NonEmpty<Candidate>) => ({ pick: async () => list[0] }) }],
    ['it gave a promise: it must choose at once', { prepare: () => ({ pick: async () => { throw new Error('later') } }) }],
    ['its "prepare" gave nothing with a "pick"', { prepare: () => undefined }],
    ['its "prepare" gave nothing with a "pick"', { prepare: () => ({}) }]
  ]
  for (const [fault, strategy] of cases) {
    const { guarded, faults } = guard(strategy)
    const list = candidates(2, 1, 1)
    const picker = guarded.prepare(list)
    t.strictSame(tally(list, Array.from({ length: 40 }, () => picker.pick(request))), [20, 10, 10], fault)
    t.ok(faults.length > 0 && faults.every(one => message(one) === fault), `${faults.map(message)[0]}`)
  }
  await setImmediate()
  t.pass('no rejection was left to nobody')
})

t.test('one fault costs one pick: the next one is the strategy\'s again', async t => {
  const list = equals(4)
  let count = 0
  const { guarded, faults } = guard({
    prepare: <T>(eligible: NonEmpty<T>): Picker<T> => ({ pick: () => { if (++count % 2 === 0) throw new Error('every other'); return eligible[0] } })
  })
  const picker = guarded.prepare(list)
  t.strictSame(tally(list, Array.from({ length: 16 }, () => picker.pick(request))), [8 + 2, 2, 2, 2])
  t.equal(faults.length, 8)
})

t.test('the turn of the one that stands in goes on over rebuilds', async t => {
  const list = equals(5)
  const { guarded } = guard({ prepare: () => ({ pick: () => null }) })
  t.strictSame(tally(list, Array.from({ length: 50 }, () => guarded.prepare([...list]).pick(request))), [10, 10, 10, 10, 10])
})

t.test('a strategy may do with its list what it likes', async t => {
  for (const pick of [
    (list: Candidate[]) => list.pop(),
    (list: Candidate[]) => list.splice(0)[0],
    (list: Candidate[]) => list.sort((a, b) => b.id.localeCompare(a.id))[0],
    (list: Candidate[]) => { list.length = 0 }
  ]) {
    const list = equals(3)
    const before = [...list]
    const { guarded } = guard({ prepare: (own: Candidate[]) => ({ pick: () => pick(own) }) })
    const picker = guarded.prepare(list)
    for (let i = 0; i < 20; i++) t.ok(list.includes(picker.pick(request)))
    t.strictSame(list, before)
  }
})

t.test('scores that fail are none', async t => {
  const list = equals(2)
  for (const [scores, expected, count] of [
    [() => [1, null], [1, null], 0],
    [() => undefined, [], 0],
    [() => { throw new Error('mine') }, [], 1]
  ] as const) {
    const { guarded, faults } = guard({ prepare: () => ({ pick: () => list[0], scores }) })
    t.strictSame(guarded.prepare(list).scores?.(request), expected)
    t.equal(faults.length, count)
  }
})

t.test('what it learns with may fail, too', async t => {
  const [candidate] = equals(1)
  const fail = (): never => { throw new Error('mine') }
  const report = { utilization: 1, inflight: 1, requests: 1 }
  const flown = (follow: unknown, end: (flight: Flight) => void): string[] => {
    const { guarded, faults } = guard({ prepare: fail, follow })
    const follower = guarded.follow(candidate)
    end(follower.began(1))
    follower.reported?.(report, 2)
    return faults.map(message)
  }
  const answer = (flight: Flight): void => { flight.answered(2, false) }
  const abandon = (flight: Flight): void => { flight.abandoned(2) }
  t.strictSame(flown(undefined, answer), [], 'it does not learn')
  t.strictSame(flown(() => undefined, abandon), [], 'nor of this one')
  t.strictSame(flown(fail, answer), ['mine'])
  t.strictSame(flown(() => ({ began: fail }), answer), ['mine'])
  t.strictSame(flown(() => ({ began: () => ({ answered: fail }) }), answer), ['mine'])
  t.strictSame(flown(() => ({ began: () => ({ answered: fail }) }), abandon), ['flight.abandoned is not a function'])
  t.strictSame(flown(() => ({ began: () => ({ answered () {} }), reported: fail }), answer), ['mine'])
})

t.test('what it learns is passed on as it is', async t => {
  const [candidate] = equals(1)
  const heard: unknown[] = []
  const { guarded } = guard({
    prepare: () => null,
    follow: (followed: Candidate) => ({
      began: (at: number) => {
        heard.push([followed.id, 'began', at])
        return { answered: (at: number, failed: boolean) => { heard.push([at, failed]) }, abandoned: (at: number) => { heard.push(at) } }
      },
      reported: (report: unknown, at: number) => { heard.push([report, at]) }
    })
  })
  const follower = guarded.follow(candidate)
  follower.began(1).answered(2, true)
  follower.began(3).abandoned(4)
  const report = { utilization: 0, inflight: 0, requests: null }
  follower.reported?.(report, 5)
  t.strictSame(heard, [['t0', 'began', 1], [2, true], ['t0', 'began', 3], 4, [report, 5]])
})

t.test('response fields that could harm a response are left out', async t => {
  const [candidate] = equals(1)
  const fields = (given: unknown): readonly [unknown, string[]] => {
    const { guarded, faults } = guard({ prepare: () => null, responseFields: (_chosen: Candidate, _request: PickContext) => given })
    return [guarded.responseFields(candidate, request), faults.map(message)]
  }
  for (const good of [['X-A', '1'], ['set-cookie', 'a=1; Path=/', 'Set-Cookie', 'b=ä'], [], ['x', '']]) t.strictSame(fields(good), [good, []])
  for (const none of [null, undefined]) t.strictSame(fields(none), [null, []])
  const list = 'its response fields are no list of names and values in turn'
  for (const [bad, fault] of [
    [['X-A'], list],
    [{ 'X-A': '1' }, list],
    ['X-A: 1', list],
    [['X A', '1'], 'the name of a response field of its own is no field name'],
    [['', '1'], 'the name of a response field of its own is no field name'],
    [[1, '1'], 'the name of a response field of its own is no field name'],
    [['X-A', 1], 'the value of its response field "X-A" holds what no field may'],
    [['X-A', 'a\r\nX-B: 1'], 'the value of its response field "X-A" holds what no field may'],
    [['X-A', '日'], 'the value of its response field "X-A" holds what no field may'],
    [['X-A', '1', 'Content-Length', '0'], 'it may not add the response field "Content-Length"'],
    [['transfer-encoding', 'chunked'], 'it may not add the response field "transfer-encoding"'],
    [['Connection', 'close'], 'it may not add the response field "Connection"']
  ] as const) t.strictSame(fields(bad), [null, [fault]], fault)
  const { guarded, faults } = guard({ prepare: () => null, responseFields: () => { throw new Error('mine') } })
  t.equal(guarded.responseFields(candidate, request), null)
  t.strictSame(faults.map(message), ['mine'])
})

t.test('a promise is a fault wherever it is given, and its rejection ends nothing', async t => {
  const [candidate] = equals(1)
  const late = async (): Promise<never> => { throw new Error('later') }
  const fault = 'it gave a promise: it must answer at once'
  const rejections: unknown[] = []
  const heard = (reason: unknown): void => { rejections.push(reason) }
  process.on('unhandledRejection', heard)
  t.teardown(() => { process.off('unhandledRejection', heard) })
  const report = { utilization: 1, inflight: 1, requests: 1 }
  const cases: ReadonlyArray<readonly [string, unknown, unknown, (guarded: Guarded) => unknown]> = [
    ['prepare', { prepare: late }, candidate, guarded => guarded.prepare([candidate]).pick(request)],
    ['scores', { prepare: () => ({ pick: () => candidate, scores: late }) }, [], guarded => guarded.prepare([candidate]).scores?.(request)],
    ['holds', { prepare: () => ({ pick: () => candidate, holds: late }) }, false, guarded => guarded.prepare([candidate]).holds?.(request)],
    ['lot', { prepare: () => ({ pick: () => candidate, lot: late }) }, null, guarded => guarded.prepare([candidate]).lot?.(request)],
    ['follow', { follow: late }, undefined, guarded => { guarded.follow(candidate).began(1).answered(2, false) }],
    ['began', { follow: () => ({ began: late }) }, undefined, guarded => { guarded.follow(candidate).began(1).abandoned(2) }],
    ['answered', { follow: () => ({ began: () => ({ answered: late }) }) }, undefined, guarded => { guarded.follow(candidate).began(1).answered(2, true) }],
    ['abandoned', { follow: () => ({ began: () => ({ abandoned: late }) }) }, undefined, guarded => { guarded.follow(candidate).began(1).abandoned(2) }],
    ['reported', { follow: () => ({ reported: late }) }, undefined, guarded => { guarded.follow(candidate).reported?.(report, 1) }],
    ['responseFields', { responseFields: late }, null, guarded => guarded.responseFields(candidate, request)]
  ]
  for (const [name, strategy, otherwise, use] of cases) {
    const { guarded, faults } = guard(strategy)
    t.strictSame(use(guarded), otherwise, name)
    t.strictSame(faults.map(message), [fault], name)
  }
  await setImmediate()
  t.strictSame(rejections, [])
})

t.test('whom it holds and what lot it draws is passed on, if it is fit to be', async t => {
  const [candidate] = equals(1)
  const given = (more: object): readonly unknown[] => {
    const { guarded, faults } = guard({ prepare: () => ({ pick: () => candidate, ...more }) })
    const picker = guarded.prepare([candidate])
    return [picker.holds?.(request), picker.lot?.(request), ...faults.map(message)]
  }
  t.strictSame(given({}), [false, null])
  t.strictSame(given({ holds: () => true, lot: () => 0 }), [true, 0])
  t.strictSame(given({ holds: () => 'yes', lot: () => undefined }), [false, null])
  for (const lot of [1, -0.1, NaN, '0.5']) t.strictSame(given({ lot: () => lot }), [false, null, 'its "lot" is no number from 0 to below 1'])
  const fail = (): never => { throw new Error('mine') }
  t.strictSame(given({ holds: fail, lot: fail }), [false, null, 'mine', 'mine'])
})
