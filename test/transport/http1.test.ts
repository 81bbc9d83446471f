import t from 'tap'
import { Http1Transport } from '../../src/transport/http1/http1-transport.js'
import { transportSuite } from './suite.js'

transportSuite(t, 'http1', (options, clock) => new Http1Transport(options, clock), [])
