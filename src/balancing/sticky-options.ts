import { Type, type Static } from '../base/type.js'
import { durationSchema } from '../base/duration-schema.js'

/** What the cookie is where the config is silent. */
export const stickyDefaults = {
  strategy: 'least-connections',
  cookie: 'headrace',
  path: '/',
  secure: false,
  httpOnly: true,
  sameSite: 'lax'
} as const

const secretSchema = Type.String({ pattern: '^[^]{16}', check: 'secret' })

const fields = Type.Object({
  strategy: Type.Optional(Type.Union([
    Type.String(),
    Type.Object({ name: Type.Optional(Type.String({ description: 'The strategy beneath.' })) }, { additionalProperties: true })
  ], {
    default: stickyDefaults.strategy,
    expects: 'a strategy\'s name or an object with a "name"',
    description: 'Chooses for clients without a cookie, and when their target is gone: a name, or an object with the name and options.'
  })),
  secret: Type.Union([secretSchema, Type.Array(secretSchema, { minItems: 1 })], {
    expects: 'a secret of at least 16 characters or a list of them',
    description: 'Signs the cookies: at least 16 characters, the same in all proxies. Of a list the first signs and all are accepted, so that a new one can be put in front of the old.'
  }),
  cookie: Type.Optional(Type.String({
    pattern: '^[!#$%&\'*+.^_`|~0-9A-Za-z-]+$',
    expects: 'a cookie name such as "headrace"',
    default: stickyDefaults.cookie,
    description: 'Name of the cookie.'
  })),
  path: Type.Optional(Type.String({
    pattern: '^/[!-:<-~]*$',
    expects: 'a path such as "/"',
    default: stickyDefaults.path,
    description: 'Paths that the cookie is for: this one and those below it.'
  })),
  domain: Type.Optional(Type.String({
    pattern: '^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$',
    expects: 'a domain such as "shop.example"',
    description: 'Domain whose subdomains get the cookie, too. Default: only the host that was asked.'
  })),
  secure: Type.Optional(Type.Boolean({ default: stickyDefaults.secure, description: 'Only over HTTPS.' })),
  httpOnly: Type.Optional(Type.Boolean({ default: stickyDefaults.httpOnly, description: 'Not for scripts.' })),
  sameSite: Type.Optional(Type.Enum(['lax', 'strict', 'none'], {
    default: stickyDefaults.sameSite,
    description: 'May it go along with requests from other sites? "lax": when a link is followed, "strict": never, "none": always, which needs "secure".'
  })),
  maxAge: Type.Optional(durationSchema({ description: 'How long browsers keep the cookie. Default: until they are closed.' }))
}, { additionalProperties: false })

/** Options of sticky sessions. */
export const stickySchema = {
  ...fields,
  // Browsers refuse such a cookie (rfc6265bis, section 5.7).
  not: { properties: { sameSite: { const: 'none' }, secure: { const: false } }, required: ['sameSite'] },
  expects: '"secure": true beside "sameSite": "none"'
}

export type StickyInput = Static<typeof fields>
