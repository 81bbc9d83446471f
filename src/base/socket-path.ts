/**
 * Bytes of the path of a Unix socket: `sun_path` (unix(7)) without the zero that ends it. Of a longer one, Node takes as much as fits
 * and says nothing: the file has another name, and who asks for `.../app.sock-2` may be connected to `.../app.sock`.
 */
const LONGEST = process.platform === 'linux' ? 107 : 103

/** What is wrong with the absolute path of a Unix socket; null = nothing. The pipes of Windows have names instead, which may be longer. */
export function socketPathFault (path: string): string | null {
  const bytes = Buffer.byteLength(path)
  if (bytes <= LONGEST || path.startsWith('\\\\')) return null
  return `the path of a Unix socket can have ${LONGEST} bytes, and ${JSON.stringify(path)} has ${bytes}`
}
