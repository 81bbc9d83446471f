import { BlockList, isIP } from 'node:net'
import { Type, type Static } from '../base/type.js'
import type { ConfigFault } from '../base/errors.js'
import { isRecord } from './place.js'

/** Where the admin listener is if its address is left out. */
export const adminDefaults = { host: '127.0.0.1', port: 9090 } as const

/** Shorter ones can be guessed. */
const SHORTEST_TOKEN = 16
/** What can stand behind `Authorization: Bearer`. */
const TOKEN = /^[!-~]+$/

const closed = { additionalProperties: false }

const token = Type.String({
  description: 'What requests must carry as "Authorization: Bearer TOKEN": at least 16 visible ASCII characters. Required unless the host is a loopback address. Empty = none.'
})

const tcpAdmin = Type.Object({
  host: Type.Optional(Type.String({ check: 'listen-host', default: adminDefaults.host, description: 'Name or IP address, without brackets.' })),
  port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, default: adminDefaults.port, description: '0 = any free one.' })),
  token: Type.Optional(token)
}, closed)

const unixAdmin = Type.Object({
  path: Type.String({ check: 'socket-path', description: 'Path of a Unix socket, relative to the config file; in all at most 107 bytes (103 on macOS).' }),
  token: Type.Optional(token)
}, closed)

/** `admin` of the top level. */
export const adminSchema = Type.Union([tcpAdmin, unixAdmin], {
  expects: 'an object',
  description: 'Where the admin API, the metrics and the dashboard are. Left out: nowhere.'
})

export type AdminInput = Static<typeof adminSchema>

/** What is wrong with an `admin` whose parts may each be fine. It looks at values of any form. No fault repeats the token. */
export function adminFaults (admin: unknown): readonly ConfigFault[] {
  if (!isRecord(admin)) return []
  const { host = adminDefaults.host, token = '', path } = admin
  if (typeof token !== 'string') return []
  const fault = (message: string): readonly ConfigFault[] => [{ path: 'admin.token', message }]
  if (token === '') {
    const reachable = path === undefined && typeof host === 'string' && !isLoopback(host)
    return reachable ? fault(`required, as others can reach ${JSON.stringify(host)}`) : []
  }
  if (!TOKEN.test(token)) return fault('can hold visible ASCII characters only')
  return token.length < SHORTEST_TOKEN ? fault(`expected a secret of at least ${SHORTEST_TOKEN} characters, got one of ${token.length}`) : []
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Can only this machine reach what listens there? */
function isLoopback (host: string): boolean {
  const version = isIP(host)
  return version === 0 ? host.toLowerCase() === 'localhost' : LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4')
}
