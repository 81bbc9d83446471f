import type { IncomingMessage } from 'node:http'

const awaiting = new WeakSet<IncomingMessage>()

/** Marks a request whose `Expect: 100-continue` was left unanswered by the server, for the target to answer. */
export function markAwaitsContinue (request: IncomingMessage): void {
  awaiting.add(request)
}

/** Was the request marked so? */
export function awaitsContinue (request: IncomingMessage): boolean {
  return awaiting.has(request)
}

const upgrades = new WeakMap<IncomingMessage, { readonly first: Buffer }>()

/** Marks a request as one that came through a server's 'upgrade' event, with the bytes that followed its head. */
export function markUpgrade (request: IncomingMessage, first: Buffer): void {
  upgrades.set(request, { first })
}

/** Those bytes; undefined if the request did not come that way. */
export function upgradeOf (request: IncomingMessage): { readonly first: Buffer } | undefined {
  return upgrades.get(request)
}
