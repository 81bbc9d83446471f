import { existsSync } from 'node:fs'
import { startProxy } from '../proxy-process.js'
import type { Peer } from './peer.js'

/** Our own program, on whatever port it finds. */
export const headrace: Peer = {
  name: 'headrace',
  missing: ({ program }) => existsSync(program) ? undefined : `${program} is not there: build first`,
  start: ({ children, backends, program }) =>
    startProxy(children, { strategy: 'round-robin', targets: backends.map(url => ({ url, weight: 1 })) }, program)
}
