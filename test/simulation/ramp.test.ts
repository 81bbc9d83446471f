import t from 'tap'
import { Ramp } from '../../src/simulation/ramp.js'

t.test('goes evenly to its value and stays there; a new one begins where it stands', async t => {
  const ramp = new Ramp(1)
  t.equal(ramp.at(5), 1)
  ramp.go(5, 100, 200)
  t.strictSame([100, 150, 200, 300, 1000].map(at => ramp.at(at)), [1, 2, 3, 5, 5])
  ramp.go(1, 1000, 0)
  t.equal(ramp.at(1000), 1)
  ramp.go(3, 1000, 100)
  ramp.go(2, 1050, 100)
  t.strictSame([1050, 1100, 1150].map(at => ramp.at(at)), [2, 2, 2])
})
