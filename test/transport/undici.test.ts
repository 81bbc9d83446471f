import t from 'tap'
import { UNDICI_LIMITS, UndiciTransport } from '../../src/transport/undici.js'
import { transportSuite } from './suite.js'

transportSuite(t, 'undici', (options, clock) => new UndiciTransport(options, clock), UNDICI_LIMITS)
