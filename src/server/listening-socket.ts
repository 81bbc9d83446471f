import { AsyncLocalStorage } from 'node:async_hooks'
import { fstatSync, linkSync, lstatSync, readFileSync, renameSync, unlinkSync } from 'node:fs'
import { Server, type AddressInfo, type ListenOptions } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { newId } from '../base/id.js'
import type { InheritedSockets, Place } from './inherited-sockets.js'
import { answers, removeStaleSocket } from './stale-socket.js'

/** `listen` sets the length of the backlog anew: what a service manager has chosen must not get shorter. The system has its own limit. */
const LONGEST_BACKLOG = 65_535

/** A server that listens, the key by which its socket is handed on, and the file that its Unix socket has. */
export class ListeningSocket<S extends Server = Server> {
  readonly key: string
  readonly server: S
  /** `http://127.0.0.1:8080`, with the real port, or `unix:/run/headrace.sock`. */
  readonly url: string
  /** The file to be removed in the end. */
  readonly #file: SocketFile | null
  readonly #mayRemoveFile: () => boolean

  private constructor (key: string, server: S, url: string, file: SocketFile | null, mayRemoveFile: () => boolean) {
    this.key = key
    this.server = server
    this.url = url
    this.#file = file
    this.#mayRemoveFile = mayRemoveFile
  }

  /**
   * Makes a server listen: on the inherited socket for this place, or on one that it opens.
   * @throws the system's error.
   */
  static async open<S extends Server> (server: S, { key, address }: Place, inherited: InheritedSockets): Promise<ListeningSocket<S>> {
    const fd = inherited.take(key)
    const path = address !== null && 'path' in address ? address.path : null
    if (fd !== null) await listening(server, { fd, ...address === null && { backlog: LONGEST_BACKLOG } })
    else if (path !== null) await bindFile(server, path)
    else if (address !== null && 'port' in address) await listening(server, { host: address.host, port: address.port })
    return new ListeningSocket(key, server, urlOf(server, path), path === null ? null : fileAt(path), () => fd === null || inherited.ours)
  }

  /** The file descriptor of the socket. @throws {Error} where there is none: on Windows, or when it no longer listens. */
  get fd (): number {
    return descriptorOf(this.server)
  }

  /** Stops accepting, and removes the file, unless another process may still listen on this socket. A server of node:http closes its idle connections, too. @param closed when the last connection has closed. */
  close (closed: () => void = () => {}): void {
    if (!this.server.listening) return closed()
    this.#removeFile()
    this.server.close(closed)
  }

  /** Stops accepting, and removes the file as `close` does, but idle connections stay. */
  retire (closed: () => void = () => {}): void {
    if (!this.server.listening) return closed()
    this.#removeFile()
    Server.prototype.close.call(this.server, () => {
      // What a server of node:http has to end besides: it looks for slow clients until its own `close` is called.
      this.server.close()
      closed()
    })
  }

  /** Stops accepting because another process accepts on the same socket: the file stays if it does, and so do idle connections. */
  leave (closed: () => void = () => {}): void {
    if (!this.server.listening) return closed()
    const ended = new Promise<void>(resolve => { Server.prototype.close.call(this.server, () => { resolve() }) })
    // Where the file can't be removed, whoever wants to listen there next will say so.
    const removed = this.#removeUnwanted().catch(() => {})
    void Promise.all([ended, removed]).then(closed)
  }

  /** A file that the process which has taken over does not want would be left by both. */
  async #removeUnwanted (): Promise<void> {
    const path = this.#ownFile
    // Looked at again in the step in which it is removed: in between somebody may have put another one there.
    if (path !== null && !await answers(path) && this.#ownFile === path) unlinkSync(path)
  }

  #removeFile (): void {
    const path = this.#ownFile
    if (path !== null) unlinkSync(path)
  }

  /** The file, if it is still ours: another process may have put its own in this place. */
  get #ownFile (): string | null {
    if (this.#file === null || !this.#mayRemoveFile()) return null
    const { path, inode } = this.#file
    return lstatSync(path, { throwIfNoEntry: false })?.ino === inode ? path : null
  }
}

interface SocketFile {
  readonly path: string
  readonly inode: number
}

function fileAt (path: string): SocketFile | null {
  const file = isPipeName(path) ? undefined : lstatSync(path, { throwIfNoEntry: false })
  return file === undefined ? null : { path, inode: file.ino }
}

/** Node gives it to nobody, but keeps it in this field on every system that has descriptors. */
function descriptorOf (server: Server): number {
  const { _handle: handle } = server as { _handle?: { fd?: unknown } | null }
  const fd = handle?.fd
  if (typeof fd !== 'number' || fd < 0) throw new Error('the socket has no file descriptor')
  return fd
}

/**
 * Binds a Unix socket under another name and then gives it its own. libuv removes the name that it has bound when the server closes, without
 * asking: this way there is nothing for it to remove, and the file can outlive this process in the hands of another.
 */
async function bindFile (server: Server, path: string): Promise<void> {
  if (isPipeName(path)) return await listening(server, { path })
  await removeStaleSocket(path)
  // Not longer than the name itself: the system bounds the path of a socket at about 100 bytes.
  const temporary = join(dirname(path), newId().slice(0, basename(path).length))
  try {
    await listening(server, { path: temporary })
    give(temporary, path)
  } catch (error) {
    server.close()
    throw error instanceof Error ? Object.assign(error, { message: error.message.replace(temporary, path) }) : error
  }
}

/** Unlike a rename, a link takes nobody's place. */
function give (temporary: string, path: string): void {
  try {
    linkSync(temporary, path)
    unlinkSync(temporary)
  } catch (error) {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
      throw Object.assign(new Error(`listen EADDRINUSE: address already in use ${path}`), { code: 'EADDRINUSE', syscall: 'listen' })
    }
    // Some file systems have no links.
    renameSync(temporary, path)
  }
}

/** Of Windows. They are no files. */
function isPipeName (path: string): boolean {
  return path.startsWith('\\\\')
}

/** A socket hands the context in which it begins to listen on to all that it accepts, the span of a reload for one. This is that of no request. */
const outside = AsyncLocalStorage.snapshot()

function listening (server: Server, options: ListenOptions & { fd?: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    outside(() => server.listen(options, () => {
      server.off('error', reject)
      resolve()
    }))
  })
}

function urlOf (server: Server, path: string | null): string {
  const address = server.address()
  if (path !== null) return `unix:${path}`
  return isAddressInfo(address)
    ? `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
    : `unix:${pathOf(descriptorOf(server)) ?? ''}`
}

function isAddressInfo (address: string | AddressInfo | null): address is AddressInfo {
  return address !== null && typeof address === 'object' && 'port' in address
}

/** Where a Unix socket that this process has not bound is found: Linux lists them all, by inode. */
function pathOf (fd: number): string | null {
  try {
    const inode = String(fstatSync(fd).ino)
    const line = readFileSync('/proc/net/unix', 'utf8').split('\n').find(line => line.split(/ +/)[6] === inode)
    return line?.split(/ +/).slice(7).join(' ') ?? null
  } catch {
    return null
  }
}
