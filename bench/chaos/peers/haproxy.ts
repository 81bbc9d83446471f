import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { which } from '../../peers/binaries.js'
import type { ChaosProxy } from './chaos-proxy.js'

/** @param hosts of the backends, each `host:port`. */
export function haproxyConfig (port: number, hosts: readonly string[]): string {
  return `global
  maxconn 8000
defaults
  mode http
  timeout connect 1s
  # Of silence on the server's side: bounds one try, since a timeout is retried.
  timeout server 1s
  timeout client 30s
  timeout queue 5s
  timeout check 500ms
  timeout http-request 10s
  timeout http-keep-alive 75s
  option forwardfor
  retries 3
  # Each retry goes to another server, not only the last.
  option redispatch 1
  # By default only a failed connect is retried.
  retry-on conn-failure empty-response junk-response response-timeout 500 502 503 504
listen proxy
  bind 127.0.0.1:${port}
  # A failed connect is still retried for these: nothing has been sent then.
  http-request disable-l7-retry if METH_POST
  balance leastconn
  option httpchk
  http-check send meth GET uri /health
  # Checks as often as ours; real traffic counts too: five bad answers in a row mark a server down, at once.
  default-server check inter 1s fastinter 500ms downinter 1s fall 2 rise 1 observe layer7 error-limit 5 on-error mark-down
${hosts.map((host, index) => `  server s${index + 1} ${host}`).join('\n')}
`
}

export const haproxy: ChaosProxy = {
  name: 'haproxy',
  installed: () => which('haproxy') !== undefined,
  start: ({ children, label, port, backends }) => {
    const file = join(children.directory, `${label}.cfg`)
    writeFileSync(file, haproxyConfig(port, backends.map(url => new URL(url).host)))
    return Promise.resolve({
      url: `http://127.0.0.1:${port}`,
      child: children.spawn(which('haproxy') ?? 'haproxy', ['-q', '-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] })
    })
  }
}
