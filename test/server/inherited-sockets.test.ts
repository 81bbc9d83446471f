import { closeSync, fstatSync, openSync } from 'node:fs'
import t from 'tap'
import { ACTIVATED_ADMIN, activatedKey, InheritedSockets } from '../../src/server/inherited-sockets.js'

const ANY = { host: '0.0.0.0', port: 0 }
const HTTP = { host: '0.0.0.0', port: 80 }
const UNIX = { path: '/run/proxy.sock' }

t.test('without any, each address has a key of its own', async t => {
  const sockets = new InheritedSockets()
  const places = sockets.places([ANY, HTTP, ANY, UNIX])
  t.strictSame(places.map(({ address }) => address), [ANY, HTTP, ANY, UNIX])
  t.equal(new Set(places.map(({ key }) => key)).size, 4)
  t.strictSame(sockets.places([HTTP, UNIX]).map(({ key }) => key), [places[1], places[3]].map(place => place?.key), 'wherever it is in the list')
  t.not(sockets.adminPlace(ANY).key, places[0]?.key)
  t.equal(sockets.take(places[0]?.key ?? ''), null)
})

t.test('sockets of a service manager come first, and are served even if the config has fewer addresses', async t => {
  const sockets = new InheritedSockets(new Map([[activatedKey(0), 3], [ACTIVATED_ADMIN, 4], [activatedKey(1), 5]]))
  const activated = [{ key: activatedKey(0), address: null }, { key: activatedKey(1), address: null }]
  t.strictSame(sockets.places([HTTP]), activated)
  t.strictSame(sockets.places([HTTP, ANY, UNIX]).slice(0, 2), activated)
  t.strictSame(sockets.places([HTTP, ANY, UNIX])[2], new InheritedSockets().places([HTTP, ANY, UNIX])[2])
  t.strictSame(sockets.adminPlace(HTTP), { key: ACTIVATED_ADMIN, address: null })
  t.equal(sockets.take(activatedKey(1)), 5)
  t.equal(sockets.take(activatedKey(1)), null, 'it has been taken')
  t.strictSame(sockets.places([HTTP]), activated, 'their places stay theirs')
})

t.test('what nobody wants is closed', async t => {
  const [kept, left] = [openSync('/dev/null', 'r'), openSync('/dev/null', 'r')]
  const sockets = new InheritedSockets(new Map([['kept', kept], ['left', left]]))
  t.equal(sockets.take('kept'), kept)
  t.notOk(sockets.ours, 'the process that has handed them over may go on')
  sockets.closeRest()
  t.ok(sockets.ours)
  t.throws(() => fstatSync(left), { code: 'EBADF' })
  t.ok(fstatSync(kept))
  closeSync(kept)
  sockets.closeRest()
})
