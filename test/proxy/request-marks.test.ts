import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { awaitsContinue, markAwaitsContinue, markUpgrade, upgradeOf } from '../../src/proxy/request-marks.js'

t.test('a mark is on the one request, and each is for itself', async t => {
  const [waits, upgrades, plain] = [0, 1, 2].map(() => new IncomingMessage(new Socket()))
  if (waits === undefined || upgrades === undefined || plain === undefined) throw new Error('too few')
  const first = Buffer.from('first')
  markAwaitsContinue(waits)
  markUpgrade(upgrades, first)
  t.strictSame([waits, upgrades, plain].map(awaitsContinue), [true, false, false])
  t.strictSame([waits, upgrades, plain].map(request => upgradeOf(request)?.first), [undefined, first, undefined])
})
