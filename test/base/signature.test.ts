import t from 'tap'
import { sign } from '../../src/base/signature.js'

// RFC 4231, section 4.3: the second test case, cut to 128 bits.
t.equal(Buffer.from(sign('Jefe', 'what do ya want for nothing?'), 'base64url').toString('hex'), '5bdcc146bf60754e6a042426089575c7')
t.match(sign('secret', 'text'), /^[A-Za-z0-9_-]{22}$/)
t.equal(sign('secret', 'text'), sign('secret', 'text'))
t.not(sign('secret', 'text'), sign('Secret', 'text'))
t.not(sign('secret', 'text'), sign('secret', 'Text'))
