import t from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { codeBlocks } from '../fixtures/markdown.js'
import { object, text } from './repository.js'
import { readUnit } from './unit-file.js'

const SERVICE = 'examples/systemd/headrace.service'
const SOCKET = 'examples/systemd/headrace.socket'

/** From systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.kill(5) and systemd.socket(5): those that we use. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Unit: ['Description', 'Wants', 'After', 'Requires', 'StartLimitIntervalSec'],
  Service: [
    'Type', 'NotifyAccess', 'ExecStart', 'ExecReload', 'Environment', 'EnvironmentFile', 'Restart', 'RestartSec', 'RestartPreventExitStatus',
    'TimeoutStartSec', 'TimeoutStopSec', 'KillMode', 'LimitNOFILE', 'DynamicUser', 'ConfigurationDirectory', 'RuntimeDirectory', 'UMask',
    'NoNewPrivileges', 'CapabilityBoundingSet', 'AmbientCapabilities', 'ProtectSystem', 'ProtectHome', 'ProtectClock', 'ProtectControlGroups',
    'ProtectHostname', 'ProtectKernelLogs', 'ProtectKernelModules', 'ProtectKernelTunables', 'ProtectProc', 'PrivateDevices', 'PrivateTmp',
    'LockPersonality', 'RemoveIPC', 'RestrictAddressFamilies', 'RestrictNamespaces', 'RestrictRealtime', 'RestrictSUIDSGID',
    'SystemCallArchitectures', 'SystemCallFilter', 'SystemCallErrorNumber'
  ],
  Socket: ['ListenStream', 'Backlog', 'NoDelay'],
  Install: ['WantedBy', 'Also']
}

function values (path: string, section: string, key: string): readonly string[] {
  return readUnit(text(path)).get(section)?.get(key) ?? []
}

function service (key: string): string | undefined {
  return values(SERVICE, 'Service', key).at(-1)
}

for (const path of [SERVICE, SOCKET]) {
  t.test(`${path} has only sections and keys that systemd knows`, async t => {
    for (const [name, section] of readUnit(text(path))) {
      for (const key of section.keys()) t.ok(KNOWN[name]?.includes(key), `[${name}] ${key}`)
    }
  })
}

t.test('a unit that is none is not read', async t => {
  t.throws(() => readUnit('[Service]\nType notify'), { message: /Type notify/ })
  t.throws(() => readUnit('Type=notify'), { message: /Type=notify/ })
})

t.test('the service', async t => {
  t.equal(service('Type'), 'notify')
  t.match(service('ExecStart'), /^\/\S*node \/\S+\/headrace\/dist\/cli\.js --config \/etc\/headrace\/config\.json$/)
  t.equal(service('ExecReload'), '/bin/kill -HUP $MAINPID')
  t.equal(service('Restart'), 'on-failure')
  t.equal(service('RestartPreventExitStatus'), '2', 'a bad config stays bad')
  t.equal(service('KillMode'), 'mixed')
  t.ok(Number(service('LimitNOFILE')) >= 65536)
})

t.test('what fails is tried again after a second, and never given up', async t => {
  t.equal(service('RestartSec'), '1')
  t.strictSame(values(SERVICE, 'Unit', 'StartLimitIntervalSec'), ['0'], 'any other interval ends after so many tries')
  t.match(text('docs/deployment.md'), /started again after a second, for as long as it takes/)
})

t.test('the commands of the docs make the package of a fresh clone: what builds it is installed first', async t => {
  const commands = (codeBlocks(text('docs/deployment.md'), 'sh').find(block => block.includes('headrace.service')) ?? '').split('\n')
  t.strictSame(commands.slice(0, 2), ['npm ci', 'npm pack'])
  t.ok(commands[2]?.endsWith(`./headrace-${String(object(text('package.json'))['version'])}.tgz`), 'and its file is what is installed')
})

t.test('it has longer to stop than a drain takes', async t => {
  const { timeouts } = loadConfig({ pools: { api: { targets: ['http://127.0.0.1:3000'] } } })
  t.ok(Number(service('TimeoutStopSec')) * 1000 > timeouts.drain)
})

t.test('it may do little, but what V8 and the notification need', async t => {
  for (const key of ['NoNewPrivileges', 'DynamicUser', 'PrivateTmp', 'PrivateDevices', 'ProtectHome', 'RestrictSUIDSGID']) t.equal(service(key), 'yes', key)
  t.equal(service('ProtectSystem'), 'strict')
  t.equal(service('CapabilityBoundingSet'), '')
  t.equal(service('MemoryDenyWriteExecute'), undefined, 'machine code is made at run time')
  t.strictSame(service('RestrictAddressFamilies')?.split(' ').sort(), ['AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_UNIX'])
})

t.test('the socket belongs to the service', async t => {
  t.strictSame(values(SERVICE, 'Unit', 'Requires'), ['headrace.socket'])
  t.ok(values(SERVICE, 'Unit', 'After').includes('headrace.socket'))
  t.strictSame(values(SERVICE, 'Install', 'Also'), ['headrace.socket'])
  t.strictSame(values(SOCKET, 'Socket', 'ListenStream'), ['80'])
  t.strictSame(values(SOCKET, 'Install', 'WantedBy'), ['sockets.target'])
})
