import fc from 'fast-check'
import t from 'tap'
import { newTraceParent, onlyTraceParent, parseTraceParent, traceParentText } from '../../src/proxy/trace-parent.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

t.test('what is a traceparent, and what is none', async t => {
  t.strictSame(parseTraceParent(`00-${TRACE}-${SPAN}-01`), { traceId: TRACE, spanId: SPAN, flags: 1 })
  t.strictSame(parseTraceParent(` 00-${TRACE}-${SPAN}-00 `), { traceId: TRACE, spanId: SPAN, flags: 0 })
  t.strictSame(parseTraceParent(`cc-${TRACE}-${SPAN}-09-what-comes-later`), { traceId: TRACE, spanId: SPAN, flags: 9 })
  for (const text of [
    undefined, '', 'x', `00-${TRACE}-${SPAN}`, `00-${TRACE}-${SPAN}-01-more`, `ff-${TRACE}-${SPAN}-01`, `00-${'0'.repeat(32)}-${SPAN}-01`, `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`, `00-${TRACE}-${SPAN}-1`, `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`
  ]) t.equal(parseTraceParent(text), null, String(text))
})

t.test('a message that says more than once where it is in its trace does not say it', async t => {
  const text = `00-${TRACE}-${SPAN}-01`
  t.strictSame(onlyTraceParent(['Host', 'a', 'TraceParent', text]), { traceId: TRACE, spanId: SPAN, flags: 1 })
  t.equal(onlyTraceParent(['Host', 'a', 'tracestate', text]), null)
  t.equal(onlyTraceParent(['traceparent', 'nonsense']), null)
  t.equal(onlyTraceParent(['traceparent', text, 'Host', 'a', 'Traceparent', text]), null)
  t.equal(onlyTraceParent(['traceparent', '', 'traceparent', text]), null)
  t.equal(onlyTraceParent(['traceparent', `cc-${TRACE}-${SPAN}-01-x`, 'traceparent', `cc-${TRACE}-${SPAN}-01-y`]), null, 'though the lines together have the form of a version to come')
})

t.test('what is written can be read', async t => {
  const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter(text => !/^0+$/.test(text))
  t.doesNotThrow(() => fc.assert(fc.property(fc.record({ traceId: hex(32), spanId: hex(16), flags: fc.nat(255) }), parent => {
    const read = parseTraceParent(traceParentText(parent))
    return read?.traceId === parent.traceId && read.spanId === parent.spanId && read.flags === parent.flags
  })))
})

t.test('a new one is valid, recorded by nobody, and like no other', async t => {
  const all = Array.from({ length: 100 }, newTraceParent)
  for (const parent of all) t.strictSame(parseTraceParent(traceParentText(parent)), parent)
  t.ok(all.every(({ flags }) => flags === 0))
  t.equal(new Set(all.map(({ traceId }) => traceId)).size, 100)
})
