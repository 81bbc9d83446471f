const TOKEN = 'headrace-token'

/** The admin token as long as this tab lives; null = none. */
export const token = {
  get (): string | null { return sessionStorage.getItem(TOKEN) },
  set (value: string): void { sessionStorage.setItem(TOKEN, value) },
  forget (): void { sessionStorage.removeItem(TOKEN) }
}

/** A refusal of the admin API: its problem details in words. */
export class Refusal extends Error {
  readonly status: number
  /** Stands for the reason; '' = not said, as where something between the page and the proxy refuses. */
  readonly code: string
  readonly faults: readonly string[]

  constructor (status: number, message: string, code: string, faults: readonly string[]) {
    super(message)
    this.status = status
    this.code = code
    this.faults = faults
  }
}

/** Asks the API; addresses are relative to the page, so that it may be published under a path. @throws {Refusal} */
export async function ask (path: string, { headers = {}, ...options }: RequestInit & { readonly headers?: Record<string, string> } = {}): Promise<Response> {
  const known = token.get()
  const response = await fetch(path, { ...options, cache: 'no-store', headers: { ...headers, ...(known === null ? {} : { authorization: `Bearer ${known}` }) } })
  if (!response.ok) throw await refusal(response)
  return response
}

/** Sends a change. @returns the answer's JSON. @throws {Refusal} */
export async function change (method: 'PUT' | 'POST', path: string, body?: object): Promise<unknown> {
  const response = await ask(path, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) })
  return await response.json()
}

export function targetPath (pool: string, url: string): string {
  return `pools/${encodeURIComponent(pool)}/targets/${encodeURIComponent(url)}`
}

async function refusal (response: Response): Promise<Refusal> {
  const problem: { title?: string, detail?: string, code?: string, faults?: ReadonlyArray<{ path: string, message: string }> } = await response.json().catch(() => ({}))
  const faults = (problem.faults ?? []).map(({ path, message }) => path === '' ? message : `${path}: ${message}`)
  return new Refusal(response.status, problem.detail ?? problem.title ?? `The proxy answered ${response.status}`, problem.code ?? '', faults)
}
