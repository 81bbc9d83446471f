export const themes = ['auto', 'light', 'dark'] as const

/** `auto` is what the system has. */
export type Theme = typeof themes[number]

const KEY = 'headrace-theme'

/** What was chosen last in this browser. */
export function savedTheme (): Theme {
  return themes.find(theme => theme === localStorage.getItem(KEY)) ?? 'auto'
}

/** Shows the page in a theme, now and next time. */
export function applyTheme (theme: Theme): void {
  localStorage.setItem(KEY, theme)
  document.documentElement.dataset['theme'] = theme
}

const probe = document.createElement('span')
probe.hidden = true

/** A colour as CSS writes it (`var(--accent)`), resolved in the present theme, as a canvas needs it. */
export function colour (css: string): string {
  if (!probe.isConnected) document.body.append(probe)
  probe.style.color = css
  return getComputedStyle(probe).color
}
