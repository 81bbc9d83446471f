import fc from 'fast-check'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { LineStream } from '../../src/cli/line-stream.js'

/** A place for lines that takes what it is given when it is told so. */
class Place {
  readonly clock = new VirtualClock()
  readonly pieces: string[] = []
  readonly lost: number[] = []
  #written: ((error?: Error | null) => void) | null = null
  readonly lines = new LineStream({
    put: (text, written) => {
      this.pieces.push(text)
      this.#written = written
    },
    clock: this.clock,
    lost: count => { this.lost.push(count) }
  })

  get busy (): boolean { return this.#written !== null }

  /** The write under way has ended. */
  take (error: Error | null = null): void {
    const written = this.#written
    this.#written = null
    written?.(error)
  }
}

const line = (length: number): string => 'x'.repeat(length - 1) + '\n'

t.test('a few lines go out together, after a tenth of a second at most', async t => {
  const { lines, pieces, clock } = new Place()
  lines.write('a\n')
  lines.write('b\n')
  clock.advance(99)
  t.strictSame(pieces, [])
  clock.advance(1)
  t.strictSame(pieces, ['a\nb\n'])
})

t.test('many lines go out at once, one write after the other, no more than 64 kB in one', async t => {
  const place = new Place()
  for (let i = 0; i < 8; i++) place.lines.write(line(1024))
  t.equal(place.pieces[0]?.length, 8192)
  for (let i = 0; i < 100; i++) place.lines.write(line(1024))
  t.equal(place.pieces.length, 1, 'while that is under way the others wait')
  place.take()
  t.equal(place.pieces[1]?.length, 65_536)
})

t.test('where others write, too, none is longer than what goes out in one piece, by its bytes', async t => {
  const place = new Place()
  place.lines.share(true)
  for (let i = 0; i < 20; i++) place.lines.write('ä'.repeat(500) + '\n')
  place.lines.flush()
  while (place.busy) place.take()
  t.equal(place.pieces.join('').length, 20 * 501)
  t.ok(place.pieces.every(piece => Buffer.byteLength(piece) <= 4096 && piece.endsWith('\n')))
})

t.test('a line that is longer than that goes out by itself', async t => {
  const place = new Place()
  place.lines.share(true)
  for (const length of [10, 9000, 10]) place.lines.write(line(length))
  place.lines.flush()
  while (place.busy) place.take()
  t.strictSame(place.pieces.map(({ length }) => length), [10, 9000, 10])
})

t.test('what can not be written is lost, and told when something can be again', async t => {
  const place = new Place()
  place.lines.write('a\n')
  place.lines.write('b\n')
  place.lines.flush()
  place.take(new Error('no space left'))
  t.strictSame(place.lost, [])
  place.lines.write('c\n')
  place.lines.flush()
  place.take()
  t.strictSame(place.lost, [2])
  t.strictSame(place.pieces, ['a\nb\n', 'c\n'])
})

t.test('where nobody takes anything, what waits is bounded', async t => {
  const place = new Place()
  for (let i = 0; i < 20_000; i++) place.lines.write(line(1024))
  t.equal(place.pieces.length, 1)
  place.lines.flush()
  while (place.busy) place.take()
  const written = place.pieces.join('').length
  t.equal(written, 16_777_216 + (place.pieces[0]?.length ?? 0))
  t.equal(place.lost[0], 20_000 - written / 1024)
  for (const text of ['left', 'over', 'x'.repeat(4090)]) place.lines.write(text + '\n')
  t.strictSame(place.lines.rest(), ['left\nover\n', 'x'.repeat(4090) + '\n'])
  t.strictSame(place.lines.rest(), [])
})

t.test('the end waits for all that is there, written or not', async t => {
  const place = new Place()
  let ended = 0
  place.lines.write(line(70_000))
  place.lines.write('last\n')
  place.lines.end(() => { ended++ })
  place.take()
  t.equal(ended, 0)
  place.take(new Error('gone'))
  t.equal(ended, 1)
  const empty = new Place()
  empty.lines.end(() => { ended++ })
  t.equal(ended, 2, 'at once, if there is nothing')
})

t.test('each line goes out once, whole and in order, however it is written', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.constantFrom('take' as const, 'flush' as const, 'wait' as const, 'share' as const))), steps => {
    const place = new Place()
    const given: string[] = []
    for (const step of steps) {
      if (step === 'take') place.take()
      else if (step === 'flush') place.lines.flush()
      else if (step === 'wait') place.clock.advance(100)
      else if (step === 'share') place.lines.share(given.length % 2 === 0)
      else place.lines.write(given[given.push(`${given.length}${line(step)}`) - 1] ?? '')
    }
    let ended = false
    place.lines.end(() => { ended = true })
    while (place.busy) place.take()
    if (!ended || place.pieces.join('') !== given.join('')) throw new Error(JSON.stringify(place.pieces))
    if (!place.pieces.every(piece => piece.endsWith('\n'))) throw new Error('a torn line')
  })))
})
