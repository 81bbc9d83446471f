import t from 'tap'
import { statTicks } from '../../bench/cpu.js'

t.test('user and system time are found whatever the command is called', t => {
  const rest = 'S 1 2 3 4 5 6 7 8 9 10 120 30 0 0 20 0 11 0 100'
  t.equal(statTicks(`42 (node) ${rest}`), 150)
  t.equal(statTicks(`42 (a) b (c) ${rest}`), 150)
  t.end()
})
