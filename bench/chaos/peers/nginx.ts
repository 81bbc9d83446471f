import { startNginx, which } from '../../peers/binaries.js'
import type { ChaosProxy } from './chaos-proxy.js'

/**
 * The inside of the `http` block. The free nginx has passive health checks only.
 * @param hosts of the backends, each `host:port`.
 */
export function nginxConfig (port: number, hosts: readonly string[]): string {
  return `
  upstream backends {
    least_conn;
    # Two failures within a second put a server out for a second; then one request tries it. The default of one failure lets a
    # single lost request take a server out, and its 10 s are so long that a rolling restart finds all servers out at once.
    ${hosts.map(host => `server ${host} max_fails=2 fail_timeout=1s;`).join(' ')}
    keepalive 64; keepalive_requests 100000; keepalive_timeout 60s;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://backends;
      # Without these two there is no connection reuse.
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      # The defaults are 60 s. The read timeout is between two reads, not for the whole head.
      proxy_connect_timeout 1s; proxy_send_timeout 5s; proxy_read_timeout 1s;
      # All that can be had except non_idempotent, which repeats POSTs.
      proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504;
      proxy_next_upstream_tries 3; proxy_next_upstream_timeout 8s;
    }
  }`
}

export const nginx: ChaosProxy = {
  name: 'nginx',
  installed: () => which('nginx') !== undefined,
  start: ({ children, label, port, backends }) => Promise.resolve({
    url: `http://127.0.0.1:${port}`,
    child: startNginx(children, label, nginxConfig(port, backends.map(url => new URL(url).host)))
  })
}
