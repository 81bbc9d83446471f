import t from 'tap'
import { findings } from '../../src/config/findings.js'
import { compile } from '../../src/config/validator.js'
import { slowStartDefaults, slowStartSchema } from '../../src/upstream/slow-start-schema.js'

const validate = compile(slowStartSchema, false)
const faults = (input: unknown): string[] => validate(input) ? [] : findings(validate.errors ?? [], input).map(({ message }) => message)

t.test('takes a duration, an object, and its own defaults', async t => {
  for (const input of ['10s', '0s', slowStartDefaults.window, slowStartDefaults, { window: '1m' }, { window: '10s', aggression: 0.5 }]) {
    t.strictSame(faults(input), [], JSON.stringify(input))
  }
})

t.test('says what is wrong', async t => {
  for (const [input, expected] of [
    [true, 'expected a duration such as "10s" or an object with a "window", got true'],
    ['soon', 'expected a duration such as "250ms" or "5s", got "soon"'],
    [{}, 'required: expected a duration such as "250ms" or "5s"'],
    [{ window: '10s', aggression: 0 }, 'expected a number from 0.1 to 10, got 0'],
    [{ window: '10s', agression: 1 }, 'unknown key, did you mean "aggression"?']
  ] as const) t.strictSame(faults(input), [expected], JSON.stringify(input))
})
