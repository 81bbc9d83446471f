import t from 'tap'
import { findings } from '../../src/config/findings.js'
import { compile } from '../../src/config/validator.js'
import { failureRateDefaults, passiveHealthDefaults, passiveHealthSchema } from '../../src/health/passive-schema.js'

const validate = compile(passiveHealthSchema, false)
const faults = (input: unknown): string[] => validate(input) ? [] : findings(validate.errors ?? [], input).map(({ message }) => message)

t.test('takes true, false, an object, and its own defaults', async t => {
  const { enabled, ...defaults } = passiveHealthDefaults
  for (const input of [
    enabled, false, {}, defaults, { ...defaults, failureRate: failureRateDefaults },
    { consecutiveFailures: 0, failureRate: true, maxEjectedShare: 0 }, { failureRate: false }, { failureRate: {} }, { failureRate: { share: 1, window: '1m' } }
  ]) t.strictSame(faults(input), [], JSON.stringify(input))
})

t.test('says what is wrong', async t => {
  for (const [input, expected] of [
    ['on', 'expected true, false or an object, got "on"'],
    [{ consecutiveFailures: -1 }, 'expected a whole number from 0 to 1000000, got -1'],
    [{ ejection: '0s' }, 'must be longer than "0s"'],
    [{ maxEjection: 300 }, 'expected a duration such as "250ms" or "5s", got 300'],
    [{ maxEjectedShare: 50 }, 'expected a number from 0 to 1, got 50'],
    [{ ejections: '5s' }, 'unknown key, did you mean "ejection"?'],
    [{ failureRate: 0.5 }, 'expected true, false or an object, got 0.5'],
    [{ failureRate: { share: 0 } }, 'expected a number from 0.01 to 1, got 0'],
    [{ failureRate: { minimumRequests: 0 } }, 'expected a whole number from 1 to 1000000, got 0'],
    [{ failureRate: { windows: '1s' } }, 'unknown key, did you mean "window"?']
  ] as const) t.strictSame(faults(input), [expected], JSON.stringify(input))
})
