import t from 'tap'
import { setCookie, type CookieAttributes } from '../../src/balancing/set-cookie.js'

const plain: CookieAttributes = { path: '/', domain: null, maxAge: null, secure: false, httpOnly: false, sameSite: 'lax' }

for (const [attributes, field] of [
  [{}, 'a=b; Path=/; SameSite=Lax'],
  [{ path: '/shop', domain: 'shop.example' }, 'a=b; Path=/shop; Domain=shop.example; SameSite=Lax'],
  [{ maxAge: 90_500, httpOnly: true }, 'a=b; Path=/; Max-Age=90; HttpOnly; SameSite=Lax'],
  [{ maxAge: 10 }, 'a=b; Path=/; Max-Age=1; SameSite=Lax'],
  [{ secure: true, httpOnly: true, sameSite: 'none' }, 'a=b; Path=/; Secure; HttpOnly; SameSite=None'],
  [{ sameSite: 'strict' }, 'a=b; Path=/; SameSite=Strict']
] as const) t.equal(setCookie('a', 'b', { ...plain, ...attributes }), field)
