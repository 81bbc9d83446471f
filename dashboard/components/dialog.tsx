import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Refusal } from '../api.js'

interface DialogProps {
  readonly title: string
  /** What the button that does it says. */
  readonly confirm: string
  readonly children: ComponentChildren
  /** Called when the user has closed it, by a button or by Escape, which no browser lets a page refuse twice. */
  onClose (): void
  /** Whether it may be closed then. What it throws is shown. */
  onConfirm (): Promise<boolean>
}

/** A question that has to be answered first. The browser keeps the focus in it and gives it back. */
export function Dialog ({ title, confirm, children, onClose, onConfirm }: DialogProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    element.current?.showModal()
    return () => { element.current?.close() }
  }, [])
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      if (await onConfirm()) element.current?.close()
    } catch (error) {
      setError(error)
    }
    setBusy(false)
  }
  return (
    // One that is taken away is closed as well, and nobody has done that.
    <dialog ref={element} aria-labelledby='dialog-title' onClose={() => { if (element.current !== null) onClose() }}>
      <form onSubmit={event => { void submit(event) }} aria-busy={busy}>
        <h2 id='dialog-title'>{title}</h2>
        {children}
        {error !== null && <Fault error={error} />}
        <div class='buttons'>
          <button type='button' onClick={() => { element.current?.close() }}>Cancel</button>
          <button type='submit' class='primary' disabled={busy}>{confirm}</button>
        </div>
      </form>
    </dialog>
  )
}

function Fault ({ error }: { readonly error: unknown }): JSX.Element {
  const faults = error instanceof Refusal ? error.faults : []
  return (
    <div role='alert' class='fault'>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {faults.length > 0 && <ul>{faults.map(fault => <li key={fault}>{fault}</li>)}</ul>}
    </div>
  )
}
