import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { change } from '../api.js'
import { Dialog } from './dialog.js'

/** Asks before the config is read anew, and says what came of it. */
export function ReloadDialog ({ onClose }: { onClose (): void }): JSX.Element {
  const [changes, setChanges] = useState<readonly string[] | null>(null)
  const confirm = async (): Promise<boolean> => {
    if (changes !== null) return true
    // What the API documents for this.
    const answer = await change('POST', 'reload') as { readonly changes: readonly string[] }
    setChanges(answer.changes)
    return false
  }
  return (
    <Dialog title='Reload the config?' confirm={changes === null ? 'Reload' : 'Done'} onClose={onClose} onConfirm={confirm}>
      {changes === null
        ? <p>The config is read anew and put into effect. Requests under way are not touched. If it has a fault, nothing changes.</p>
        : <div role='status'>{changes.length === 0 ? <p>The new config is in effect. Nothing is different.</p> : <ul>{changes.map(line => <li key={line}>{line}</li>)}</ul>}</div>}
    </Dialog>
  )
}
