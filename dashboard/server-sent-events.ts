/** One event of a stream. */
export interface StreamMessage {
  readonly event: string
  readonly data: string
}

/**
 * Reads server-sent events (HTML standard, section 9.2) from a response: the browser's own EventSource cannot send a token. As much of
 * the format as our server writes: `\n` line ends, one space behind the colon.
 */
export async function * readMessages (body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<StreamMessage> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const blocks = (rest + value).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const message = parse(block)
        if (message !== null) yield message
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** null = a comment, or something without data. */
function parse (block: string): StreamMessage | null {
  const fields = new Map(block.split('\n').map(line => {
    const colon = line.indexOf(': ')
    return [line.slice(0, colon), line.slice(colon + 2)]
  }))
  const data = fields.get('data')
  return data === undefined ? null : { event: fields.get('event') ?? 'message', data }
}
