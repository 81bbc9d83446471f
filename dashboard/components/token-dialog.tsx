import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Dialog } from './dialog.js'

/** Asks for the admin token, which stays in this tab. */
export function TokenDialog ({ refused, onToken }: { readonly refused: boolean, onToken (token: string): void }): JSX.Element {
  const [value, setValue] = useState('')
  const confirm = async (): Promise<boolean> => {
    onToken(value)
    return false
  }
  return (
    <Dialog title='Admin token' confirm='Unlock' onClose={null} onConfirm={confirm}>
      <p>{refused ? 'That token was refused.' : 'This proxy asks for a token: "admin.token" of its config. It is kept until you close the tab.'}</p>
      <label class='field'>Token
        <input type='password' required autocomplete='off' value={value} onInput={event => { setValue(event.currentTarget.value) }} />
      </label>
    </Dialog>
  )
}
