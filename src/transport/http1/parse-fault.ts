import type { FailureCode } from '../../base/errors.js'

/** What a target did against the protocol. */
export interface ParseFault {
  readonly code: FailureCode
  readonly message: string
}

export function protocolFault (message: string): ParseFault {
  return { code: 'http_protocol_error', message }
}

export function sizeFault (message: string): ParseFault {
  return { code: 'http_response_header_section_size', message }
}

export function codingFault (message: string): ParseFault {
  return { code: 'http_response_transfer_coding', message }
}
