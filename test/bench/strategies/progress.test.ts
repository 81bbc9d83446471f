import t from 'tap'
import { Progress } from '../../../bench/strategies/progress.js'

function screen (isTTY: boolean) {
  const written: string[] = []
  return { isTTY, written, write: (text: string) => { written.push(text) } }
}

t.test('on a terminal one line changes', async t => {
  const terminal = screen(true)
  const progress = new Progress(terminal, 2)
  progress.begin('equal, round 1/1, a', 30)
  progress.note('the proxy was killed')
  progress.begin('equal, round 1/1, b', 15)
  progress.clear()
  t.equal(terminal.written.join('').replaceAll('\r\u001B[2K', '<'),
    '<[1/2] equal, round 1/1, a; 30 s left<the proxy was killed\n[1/2] equal, round 1/1, a; 30 s left<[2/2] equal, round 1/1, b; 15 s left<')
})

t.test('elsewhere there is a line for each run', async t => {
  const file = screen(false)
  const progress = new Progress(file, 200)
  progress.begin('equal, round 1/1, a', 600)
  progress.clear()
  progress.note('strange')
  t.equal(file.written.join(''), '[1/200] equal, round 1/1, a; 10 min left\nstrange\n')
})
