import t from 'tap'
import { hashText, stir } from '../../src/balancing/hash.js'

// The published test vectors of both.
t.equal(stir(0), 0)
t.equal(stir(1) >>> 0, 0x514E28B7)
t.equal(hashText(''), stir(0x811C9DC5))
t.equal(hashText('a'), stir(0xE40C292C))
t.equal(hashText('foobar'), stir(0xBF9CF968 | 0))
t.not(hashText('foobar', 1), hashText('foobar'))
t.ok(Number.isInteger(hashText('ü€😀')))
