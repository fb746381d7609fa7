export interface ActionText {
  readonly text: string
  /** Class of what happened, for its colour. */
  readonly look: 'made' | 'gone' | 'changed'
}

const VERBS: Readonly<Record<string, ActionText['look']>> = {
  created: 'made',
  added: 'made',
  issued: 'made',
  blocked: 'made',
  deleted: 'gone',
  removed: 'gone',
  revoked: 'gone',
  unblocked: 'gone',
  dropped: 'gone',
}

/** `project.secret_added` in words: `Project: secret added`. */
export function actionText(action: string): ActionText {
  const [thing = action, ...rest] = action.split('.')
  const what = rest.join(' ').replaceAll(/[_-]/g, ' ')
  const verb = what.split(' ').at(-1) ?? ''
  const title = thing.replaceAll(/[_-]/g, ' ').replace(/^api\b/, 'API')
  const text =
    `${title.charAt(0).toUpperCase()}${title.slice(1)}${what.includes(' ') ? ':' : ''} ${what}`.trim()
  return { text, look: Object.hasOwn(VERBS, verb) ? (VERBS[verb] ?? 'changed') : 'changed' }
}
