import t from 'tap'
import { TimelineRecorder } from '../../../bench/strategies/timeline.js'

t.test('reports count for the steps that they speak of', async t => {
  const recorder = new TimelineRecorder(2, 500)
  recorder.add(1, { at: 900, inflight: 9, peak: 99, served: 1000 })
  recorder.begin(1000)
  recorder.add(1, { at: 1000, inflight: 9, peak: 98, served: 1050 })
  recorder.add(1, { at: 1100, inflight: 1, peak: 3, served: 1060 })
  // Held up: it speaks of two steps.
  recorder.add(1, { at: 1300, inflight: 1, peak: 7, served: 1080 })
  recorder.add(1, { at: 1450, inflight: 1, peak: 2, served: 1095 })
  recorder.add(1, { at: 1600, inflight: 1, peak: 1, served: 1125 })
  recorder.add(3, { at: 1200, inflight: 1, peak: 1, served: 1 })
  t.strictSame(recorder.timeline(), {
    step: 100,
    targets: [
      { inflight: [3, 7, 7, 2, 2], served: [10, 10, 10, 10, 15] },
      { inflight: [0, 0, 0, 0, 0], served: [0, 0, 0, 0, 0] }
    ]
  })
  t.strictSame(recorder.peaks, [7, 0], 'what was before the begin does not count')
})

t.test('a process that was started anew counts from zero', async t => {
  const recorder = new TimelineRecorder(1, 300)
  recorder.begin(1000)
  recorder.add(1, { at: 1000, inflight: 0, peak: 0, served: 50 })
  recorder.add(1, { at: 1100, inflight: 0, peak: 1, served: 60 })
  recorder.add(1, { at: 1300, inflight: 0, peak: 1, served: 5 })
  t.strictSame(recorder.timeline().targets[0]?.served, [10, 0, 5])
})

t.test('long runs have longer steps', async t => {
  t.equal(new TimelineRecorder(1, 12_000).timeline().step, 100)
  t.equal(new TimelineRecorder(1, 60_000).timeline().step, 500)
})
