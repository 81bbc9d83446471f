import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { PoolSnapshot, TargetSnapshot, TargetState } from '../../src/admin/snapshot.js'
import { change, targetPath } from '../api.js'
import { targetName } from '../format.js'
import { Dialog } from './dialog.js'

export type TargetAction = 'ready' | 'drain' | 'maint' | 'weight'

export const actionWords: Readonly<Record<TargetAction, { readonly button: string, readonly meaning: string }>> = {
  ready: { button: 'Ready', meaning: 'It gets requests again, as far as its health allows.' },
  drain: { button: 'Drain', meaning: 'It finishes what it has and gets nothing new. Its health is watched as before.' },
  maint: { button: 'Maintain', meaning: 'It finishes what it has, gets nothing new, and is left alone by the health check.' },
  weight: { button: 'Weight', meaning: 'Its share of the requests, relative to the other targets. 0 means no new requests.' }
}

/** What may be asked of a target in a state, beside another weight. */
export function actionsFor (state: TargetState): readonly TargetAction[] {
  if (state === 'drain') return ['ready', 'maint']
  return state === 'maint' ? ['ready', 'drain'] : ['drain', 'maint']
}

interface TargetDialogProps {
  readonly pool: PoolSnapshot
  readonly target: TargetSnapshot
  readonly action: TargetAction
  onClose (): void
}

/** Asks once more before a target is changed. */
export function TargetDialog ({ pool, target, action, onClose }: TargetDialogProps): JSX.Element {
  const [weight, setWeight] = useState(String(target.weight))
  const name = targetName(target.url)
  const { button, meaning } = actionWords[action]
  const serving = pool.targets.filter(({ state, weight }) => (state === 'up' || state === 'full') && weight > 0)
  const stops = action === 'weight' ? Number(weight) === 0 : action !== 'ready'
  const last = stops && serving.length === 1 && serving[0]?.url === target.url
  const confirm = async (): Promise<boolean> => {
    await change('PUT', targetPath(pool.name, target.url), action === 'weight' ? { weight: Number(weight) } : { state: action })
    return true
  }
  return (
    <Dialog title={`${button} ${name}?`} confirm={button} onClose={onClose} onConfirm={confirm}>
      <p>{meaning}</p>
      {last && <p class='banner'>It is the last target of pool {pool.name} that is in service.</p>}
      {action === 'weight' && (
        <label class='field'>Weight
          <input type='number' required min={0} max={1_000_000} step='any' value={weight} onInput={event => { setWeight(event.currentTarget.value) }} />
        </label>
      )}
    </Dialog>
  )
}
