import t from 'tap'
import { caddyConfig } from '../../../../bench/chaos/peers/caddy.js'
import { haproxyConfig } from '../../../../bench/chaos/peers/haproxy.js'
import { headraceConfig } from '../../../../bench/chaos/peers/headrace.js'
import { nginxConfig } from '../../../../bench/chaos/peers/nginx.js'
import { loadConfig } from '../../../../src/config/load.js'

const HOSTS = ['127.0.0.1:20001', '127.0.0.1:20002']

for (const [name, config] of Object.entries({ nginx: nginxConfig, haproxy: haproxyConfig, caddy: caddyConfig })) {
  t.test(`${name} listens on the port and knows every backend`, t => {
    const text = config(20000, HOSTS)
    for (const address of ['127.0.0.1:20000', ...HOSTS]) t.ok(text.includes(address), address)
    t.end()
  })
}

t.test('no proxy may repeat a POST whose bytes have been sent', t => {
  t.notMatch(nginxConfig(1, HOSTS).replace(/#.*/g, ''), /non_idempotent/)
  t.match(haproxyConfig(1, HOSTS), /disable-l7-retry if METH_POST/)
  t.notMatch(caddyConfig(1, HOSTS).replace(/#.*/g, ''), /lb_retry_match/)
  t.end()
})

t.test('our own config is one that the program accepts', t => {
  const config = loadConfig(headraceConfig(HOSTS.map(host => `http://${host}`)))
  t.equal(config.routes[0]?.retry.attempts, 3)
  t.equal(config.routes[0]?.retry.perTryTimeout, 1000)
  t.end()
})
