/** Milliseconds after which the backends of a race close a connection that rests. */
export const KEEP_ALIVE = 1000

/** What a backend says in `Keep-Alive: timeout=`. */
export const announcements = ['the time it keeps', 'nothing', 'ten times as long'] as const
export type Announcement = typeof announcements[number]

/** What a backend of a race tells: first where it listens, then, when asked, what came of its connections. */
export type RaceReport =
  | { readonly port: number }
  | RaceConnections

export interface RaceConnections {
  readonly connections: number
  /** Of these, closed by the backend. */
  readonly closedIdle: number
}
