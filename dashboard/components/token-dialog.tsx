import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Dialog } from './dialog.js'

/** What a config takes as a token. With others the browser would not even send the request. */
const TOKEN = /^[!-~]+$/

interface TokenDialogProps {
  /** Is there a token that is not the right one? */
  readonly refused: boolean
  onToken (token: string): void
  onClose (): void
}

/** Asks for the admin token, which stays in this tab. */
export function TokenDialog ({ refused, onToken, onClose }: TokenDialogProps): JSX.Element {
  const [value, setValue] = useState('')
  const confirm = async (): Promise<boolean> => {
    const token = value.trim()
    if (!TOKEN.test(token)) throw new Error('That is no token: they are made of visible ASCII characters alone, without spaces or letters like ü.')
    onToken(token)
    return false
  }
  return (
    <Dialog title='Admin token' confirm='Unlock' onClose={onClose} onConfirm={confirm}>
      <p>{refused ? 'That token was refused.' : 'This proxy asks for a token: "admin.token" of its config. It is kept until you close the tab.'}</p>
      <label class='field'>Token
        <input type='password' required autocomplete='off' value={value} onInput={event => { setValue(event.currentTarget.value) }} />
      </label>
    </Dialog>
  )
}
