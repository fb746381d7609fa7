import { byId } from '@portcullis/example-page/page'

const WORDING = {
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting…',
  refused: 'Not admitted',
} as const

const TOAST_MS = 5000

/** How the connection is, and what just happened. */
export class StatusView {
  readonly #status = byId('status', HTMLElement)
  readonly #toast = byId('toast', HTMLElement)
  #timer: ReturnType<typeof setTimeout> | undefined

  show(status: keyof typeof WORDING): void {
    document.body.dataset['status'] = status
    this.#status.dataset['status'] = status
    this.#status.textContent = WORDING[status]
  }

  /** Shows a sentence for a while. */
  notify(text: string): void {
    clearTimeout(this.#timer)
    this.#toast.textContent = text
    this.#timer = setTimeout(() => {
      this.#toast.textContent = ''
    }, TOAST_MS)
  }
}
