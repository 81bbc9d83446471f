import t from 'tap'
import { simulate } from '../../src/cli/simulate.js'

t.test('the scenarios of the package by name, and a table on the standard output', async t => {
  const written = t.capture(process.stdout, 'write', () => true)
  await simulate(['--scenario', 'crash', '--strategy', 'round-robin', '--duration', '1s'])
  const text = written().map(call => String(call.args[0])).join('')
  t.match(text, /^crash: the third target killed/)
  t.match(text, /\| round-robin /)
})
