import t from 'tap'
import { Predecessor } from '../../src/cli/handover.js'

t.test('who starts this process for another cause is no predecessor', async t => {
  t.equal(Predecessor.of({}), null)
})

t.test('a list that is none, or of what are no sockets, is refused, and no child sees it', async t => {
  for (const [text, message] of [['{', /JSON/], ['{}', /HEADRACE_SOCKETS/], ['[4]', /HEADRACE_SOCKETS/], [JSON.stringify(Array.from({ length: 500 }, (_, i) => `tcp:${i}`)), /no socket/]] as const) {
    const env = { HEADRACE_SOCKETS: text, PATH: '/bin' }
    t.throws(() => Predecessor.of(env), { message })
    t.strictSame(env, { PATH: '/bin' })
  }
})
