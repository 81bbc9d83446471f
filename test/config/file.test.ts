import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { describeConfig } from '../../src/config/describe.js'
import { readConfigFile } from '../../src/config/file.js'
import { faultsFrom } from '../fixtures/faults-of.js'

const TLS = fileURLToPath(new URL('../fixtures/tls/', import.meta.url))

t.test('a file that is missing or is not JSON', async t => {
  const directory = t.testdir({ 'bad.json': '{\n  "pools": {,}\n}', 'list.json': '[]' })
  const faults = (name: string) => faultsFrom(() => readConfigFile(join(directory, name)))
  t.strictSame(faults('none.json'), [`cannot read ${JSON.stringify(join(directory, 'none.json'))}: there is no such file`])
  t.strictSame(faults('.'), [`cannot read ${JSON.stringify(join(directory, '.'))}: it is a directory`])
  t.strictSame(faults('bad.json'), ['not JSON: line 2, column 13: expected a key in double quotes'])
  t.strictSame(faults('list.json'), ['expected an object, got a list'])
})

t.test('PEM files are read from beside the config file', async t => {
  const directory = t.testdir({})
  cpSync(TLS, join(directory, 'tls'), { recursive: true })
  const file = join(directory, 'config.json')
  const write = (tls: object) => writeFileSync(file, JSON.stringify({ pools: { api: { targets: ['https://a.example'], tls } } }))
  const faults = (tls: object) => {
    write(tls)
    return faultsFrom(() => readConfigFile(file))
  }

  write({ serverName: 'B.example', ca: 'tls/ca.pem', certificate: 'tls/client.pem', key: 'tls/client-key.pem' })
  const { tls } = readConfigFile(file).pools['api'] ?? {}
  t.match(tls, { verify: true, serverName: 'b.example', ca: /BEGIN CERTIFICATE/, certificate: /BEGIN CERTIFICATE/, key: /PRIVATE KEY/ })
  const described = JSON.stringify(describeConfig(readConfigFile(file)))
  t.notMatch(described, /PRIVATE KEY/)
  t.match(described, /"key":"\(redacted\)"/)

  write({ ...tls })
  t.strictSame(readConfigFile(file).pools['api']?.tls, tls, 'a PEM text may stand where a path may')

  t.strictSame(faults({ ca: 'tls/none.pem' }), ['pools.api.tls.ca: cannot read "tls/none.pem": there is no such file'])
  t.strictSame(faults({ ca: 'tls/client-key.pem' }), ['pools.api.tls.ca: cannot be used: there is no PEM certificate in it'])
  t.match(faults({ ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }), [/^pools\.api\.tls\.ca: cannot be used: /])
  t.strictSame(faults({ key: 'tls/client-key.pem' }), ['pools.api.tls.certificate: required with "key"'])
  t.strictSame(faults({ certificate: 'tls/client.pem' }), ['pools.api.tls.key: required with "certificate"'])
  t.match(faults({ certificate: 'tls/client.pem', key: 'tls/client.pem' }), [/^pools\.api\.tls\.key: cannot be used: /])
  t.match(faults({ certificate: 'tls/client.pem', key: 'tls/server-key.pem' }), [/^pools\.api\.tls\.key: cannot be used: .*mismatch/])
})
