import type { TlsOptions } from '../upstream/tls-options.js'
import type { HealthCheck } from './health-check.js'
import { HttpProbe } from './probe-http.js'
import type { Probe } from './probe.js'
import { TcpProbe } from './probe-tcp.js'

/** The probe that a health check asks for. */
export function createProbe (check: HealthCheck, tls: TlsOptions): Probe {
  return check.type === 'http' ? new HttpProbe(check, tls) : new TcpProbe(check.port)
}
