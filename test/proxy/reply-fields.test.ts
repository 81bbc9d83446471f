import t from 'tap'
import { mergeReplyFields } from '../../src/proxy/reply-fields.js'

function merged (fields: readonly string[], more: Readonly<Record<string, unknown>>): string[] {
  const all = [...fields]
  mergeReplyFields(all, more)
  return all
}

t.test('a field of the app replaces all of the target\'s of that name, however it is written', async t => {
  t.strictSame(merged(['X-A', '1', 'Server', 't', 'x-a', '2'], { 'x-A': 'mine' }), ['Server', 't', 'x-A', 'mine'])
  t.strictSame(merged(['X-A', '1'], { 'x-b': 2, 'x-c': ['3', 4] }), ['X-A', '1', 'x-b', '2', 'x-c', '3', 'x-c', '4'])
})

t.test('cookies of both go out', async t => {
  t.strictSame(merged(['Set-Cookie', 'a=1'], { 'set-cookie': ['b=2', 'c=3'] }), ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'set-cookie', 'c=3'])
})

t.test('what frames the message stays the target\'s; a field without a value is none', async t => {
  const fields = ['Content-Length', '3', 'X-A', '1']
  t.strictSame(merged(fields, { 'Content-Length': 5, connection: 'close', 'transfer-encoding': 'chunked', 'x-a': undefined }), fields)
})
