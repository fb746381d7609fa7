import type { Client, ClientStatus } from '@portcullis/client'
import { byId } from '@portcullis/example-page/page'

const WORDING: Record<ClientStatus, string> = {
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting…',
  closed: 'Disconnected',
}
const NOTICE_MS = 6000

/** How the connection is, and what went wrong. */
export class StatusView {
  readonly #status = byId('status', HTMLElement)
  readonly #notice = byId('notice', HTMLElement)
  #timer: ReturnType<typeof setTimeout> | undefined

  watch(client: Client<never>, gatewayUrl: string): void {
    const show = (): void => {
      this.#status.dataset['status'] = client.status
      this.#status.textContent = WORDING[client.status]
      if (client.status === 'connected') this.#notice.textContent = ''
      if (client.status === 'closed')
        this.#say(`${client.lastError?.message ?? 'Closed'}. Reload to try again.`)
    }
    client.on('status', show)
    client.on('error', () => {
      if (client.status === 'connecting') this.#say(`No connection to ${gatewayUrl} yet.`)
    })
    show()
  }

  /** Shows a sentence for a while. */
  notify(message: string): void {
    this.#say(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`)
    this.#timer = setTimeout(() => {
      this.#notice.textContent = ''
    }, NOTICE_MS)
  }

  #say(text: string): void {
    clearTimeout(this.#timer)
    // Unchanged text is left alone: a screen reader would read it again.
    if (this.#notice.textContent !== text) this.#notice.textContent = text
  }
}
