import fc from 'fast-check'
import t from 'tap'
import { parseJson } from '../../src/config/json-text.js'
import { faultsFrom } from '../fixtures/faults-of.js'

t.test('says where the text goes wrong', async t => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ['', 'not JSON: line 1, column 1: expected a value, but the file ends here'],
    ['{\n  "a": 1,\n}', 'not JSON: line 3, column 1: expected a key in double quotes'],
    ['{ a: 1 }', 'not JSON: line 1, column 3: expected a key in double quotes'],
    ['{ "a" 1 }', 'not JSON: line 1, column 7: expected ":"'],
    ['{ "a": }', 'not JSON: line 1, column 8: expected a value'],
    ['{ "a": 1\r\n  "b": 2 }', 'not JSON: line 2, column 3: expected "," or "}"'],
    ['[1 2]', 'not JSON: line 1, column 4: expected "," or "]"'],
    ['[1,]', 'not JSON: line 1, column 4: expected a value'],
    ['[1', 'not JSON: line 1, column 3: expected "," or "]", but the file ends here'],
    ['{} // no comments', 'not JSON: line 1, column 4: expected the end of the file'],
    ['["a\n"]', 'not JSON: line 1, column 2: this string has no end, or holds a line break or a bad escape'],
    ['["\\x"]', 'not JSON: line 1, column 2: this string has no end, or holds a line break or a bad escape'],
    ['[01]', 'not JSON: line 1, column 3: expected "," or "]"'],
    ['{"pools":{"a":1,\n"b":2,"\\u0061":3}}', 'not JSON: line 2, column 7: the key "pools.a" is there twice'],
    ['['.repeat(1000), 'not JSON: line 1, column 202: nested too deeply']
  ]
  for (const [text, fault] of cases) t.strictSame(faultsFrom(() => parseJson(text)), [fault], text.slice(0, 20))
})

t.test('a byte order mark is passed over', async t => {
  t.strictSame(parseJson('\uFEFF{"a":[1,-2.5e3,true,null,"\\n"]}'), { a: [1, -2500, true, null, '\n'] })
})

t.test('takes what JSON.parse takes and nothing else', async t => {
  const verdict = (text: string) => {
    try {
      return JSON.stringify(JSON.parse(text))
    } catch {
      return null
    }
  }
  const alphabet = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b"', '"', '\\', '1', '-', '.', '0', 'e', 'true', 'null', ' ', '\n', '\u0001')
  t.doesNotThrow(() => fc.assert(fc.property(fc.oneof(fc.json(), fc.array(alphabet, { maxLength: 12 }).map(parts => parts.join(''))), text => {
    const faults = faultsFrom(() => parseJson(text))
    if (faults.some(fault => fault.endsWith('is there twice'))) return
    if ((faults.length === 0) !== (verdict(text) !== null)) throw new Error(`${text}: ${faults.join()}`)
    if (faults.length === 0 && JSON.stringify(parseJson(text)) !== verdict(text)) throw new Error(text)
  }), { numRuns: 3000 }))
})
