import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { which } from '../../peers/binaries.js'
import type { ChaosProxy } from './chaos-proxy.js'

/** A Caddyfile. @param hosts of the backends, each `host:port`. */
export function caddyConfig (port: number, hosts: readonly string[]): string {
  return `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  reverse_proxy ${hosts.join(' ')} {
    lb_policy least_conn
    # Without a duration there is no retry. Beyond a failed connect only GETs are retried, which is its default. No lb_retries:
    # while there is no upstream, requests then wait for one until the time is over.
    lb_try_duration 5s
    lb_try_interval 50ms
    health_uri /health
    health_interval 1s
    health_timeout 500ms
    # Passive checks are off unless fail_duration is set. Short, since a rolling restart would find all upstreams out at once.
    fail_duration 2s
    max_fails 5
    unhealthy_status 5xx
    transport http {
      dial_timeout 1s
      response_header_timeout 1s
      keepalive 60s
    }
  }
}
`
}

export const caddy: ChaosProxy = {
  name: 'caddy',
  installed: () => which('caddy') !== undefined,
  start: ({ children, label, port, backends }) => {
    const file = join(children.directory, `${label}.Caddyfile`)
    writeFileSync(file, caddyConfig(port, backends.map(url => new URL(url).host)))
    return Promise.resolve({
      url: `http://127.0.0.1:${port}`,
      child: children.spawn(which('caddy') ?? 'caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
        stdio: 'ignore',
        env: { ...process.env, HOME: children.directory, XDG_DATA_HOME: children.directory, XDG_CONFIG_HOME: children.directory }
      })
    })
  }
}
