import { accessSync, constants, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import type { Peer, PeerSetup } from './peer.js'
import type { Children } from '../children.js'

/** Full path of a program on the PATH or among the system's daemons. */
export function which (name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return directories.map(directory => join(directory, name)).find(file => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Starts nginx with the inside of an `http` block, as one process with one thread. */
export function startNginx (children: Children, name: string, http: string): ChildProcess {
  const base = join(children.directory, name)
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `${kind}_temp_path ${base}-${kind};`).join(' ')
  writeFileSync(`${base}.conf`, `daemon off; master_process off; pid ${base}.pid; error_log ${base}.log;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 1000000000; client_max_body_size 100m; ${places}
  ${http}
}
`)
  return children.spawn(which('nginx') ?? 'nginx', ['-e', `${base}.log`, '-c', `${base}.conf`], { stdio: ['ignore', 'ignore', 'inherit'] })
}

interface BinarySetup extends PeerSetup {
  readonly hosts: readonly string[]
  /** For its files. */
  readonly base: string
}

const nginx = ({ children, port, hosts }: BinarySetup): ChildProcess => startNginx(children, `nginx-${port}`, `
  upstream backends { ${hosts.map(host => `server ${host};`).join(' ')} keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://backends; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }`)

const haproxy = ({ children, port, hosts, base }: BinarySetup): ChildProcess => {
  writeFileSync(`${base}.cfg`, `global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
listen proxy
  bind 127.0.0.1:${port}
  balance roundrobin
  http-reuse always
${hosts.map((host, index) => `  server s${index} ${host} check`).join('\n')}
`)
  return children.spawn(which('haproxy') ?? 'haproxy', ['-q', '-db', '-f', `${base}.cfg`], { stdio: ['ignore', 'ignore', 'inherit'] })
}

const caddy = ({ children, port, hosts, base }: BinarySetup): ChildProcess => {
  writeFileSync(`${base}.Caddyfile`, `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  reverse_proxy ${hosts.join(' ')} {
    lb_policy round_robin
  }
}
`)
  return children.spawn(which('caddy') ?? 'caddy', ['run', '--config', `${base}.Caddyfile`, '--adapter', 'caddyfile'], {
    stdio: 'ignore',
    env: { ...process.env, GOMAXPROCS: '1', HOME: children.directory, XDG_DATA_HOME: children.directory, XDG_CONFIG_HOME: children.directory }
  })
}

/** Programs of other makers, where they are installed, each held to one thread. */
export const binaryPeers: readonly Peer[] = Object.entries({ nginx, haproxy, caddy }).map(([name, start]) => ({
  name,
  missing: () => which(name) === undefined ? 'not installed' : undefined,
  start: setup => Promise.resolve({
    child: start({ ...setup, hosts: setup.backends.map(url => new URL(url).host), base: join(setup.children.directory, `${name}-${setup.port}`) }),
    url: `http://127.0.0.1:${setup.port}`
  })
}))
