import t from 'tap'
import { parseSize } from '../../src/base/size.js'

t.test('reads each unit', async t => {
  t.strictSame(['0b', '512b', '64kb', '10mb', '1gb'].map(parseSize), [0, 512, 65_536, 10_485_760, 1_073_741_824])
})

t.test('refuses what is none', async t => {
  for (const text of ['', '5', 'kb', '-1kb', '1.5mb', '1 kb', '1KB', '1k', '1tb', '1kb\n', '1234567890123b']) t.equal(parseSize(text), undefined, JSON.stringify(text))
})
