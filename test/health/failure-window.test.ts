import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { FailureWindow } from '../../src/health/failure-window.js'

function create (share = 0.5, minimumRequests = 4) {
  const clock = new VirtualClock()
  const window = new FailureWindow({ share, window: 10_000, minimumRequests }, clock)
  /** Takes outcomes as `+` and `-`. */
  const add = (outcomes: string): void => { for (const outcome of outcomes) window.add(outcome === '-') }
  return { clock, window, add }
}

t.test('is exceeded from the share on, given enough outcomes', async t => {
  for (const [share, minimum, outcomes, expected] of [
    [0.5, 4, '', false],
    [0.5, 4, '---', false],
    [0.5, 4, '---+', true],
    [0.5, 4, '--++', true],
    [0.5, 4, '-+++', false],
    [1, 1, '-', true],
    [1, 1, '+', false],
    [1, 3, '---+', false],
    [0.1, 1, `---${'+'.repeat(27)}`, true],
    [0.1, 1, `---${'+'.repeat(28)}`, false]
  ] as const) {
    const { window, add } = create(share, minimum)
    add(outcomes)
    t.equal(window.exceeded, expected, `${share} of ${minimum}: ${outcomes}`)
  }
})

t.test('knows only its window, and nothing once it is cleared', async t => {
  const { clock, window, add } = create()
  add('----')
  clock.advance(5000)
  add('+++')
  t.match(window, { outcomes: 7, failures: 4, exceeded: true })
  clock.advance(5000)
  t.match(window, { outcomes: 3, failures: 0, exceeded: false })
  add('---')
  t.ok(window.exceeded)
  window.clear()
  t.match(window, { outcomes: 0, failures: 0, exceeded: false })
})
