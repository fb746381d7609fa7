import { byId } from '@portcullis/example-page/page'

// Repeated while typing goes on; less than what a page takes for the end of it.
const TYPING_REPEAT_MS = 3000

export interface ComposerOptions {
  onSay: (text: string) => void
  onTyping: (on: boolean) => void
}

/** The field at the bottom: Enter sends, Shift+Enter breaks the line. */
export class Composer {
  readonly #form = byId('composer', HTMLFormElement)
  readonly #text = byId('text', HTMLTextAreaElement)
  readonly #button = this.#form.querySelector('button')
  readonly #options: ComposerOptions
  #typingSince = 0

  constructor(options: ComposerOptions) {
    this.#options = options
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#send()
    })
    this.#text.addEventListener('keydown', (event) => {
      // An Enter that ends the composition of a character is not for us.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      this.#send()
    })
    this.#text.addEventListener('input', () => this.#changed())
    this.#changed()
  }

  setRoom(room: string): void {
    this.#text.placeholder = `Message #${room}`
    this.#typingSince = 0
    // On a phone the keyboard would cover what there is to read.
    if (matchMedia('(hover: hover)').matches) this.#text.focus()
  }

  #send(): void {
    const text = this.#text.value.trim()
    if (text === '') return
    this.#text.value = ''
    // The message itself ends the typing for everybody.
    this.#typingSince = 0
    this.#options.onSay(text)
    this.#changed()
  }

  #changed(): void {
    const isEmpty = this.#text.value.trim() === ''
    if (this.#button) this.#button.disabled = isEmpty
    this.#fit()
    if (isEmpty && this.#typingSince > 0) {
      this.#typingSince = 0
      this.#options.onTyping(false)
    } else if (!isEmpty && Date.now() - this.#typingSince > TYPING_REPEAT_MS) {
      this.#typingSince = Date.now()
      this.#options.onTyping(true)
    }
  }

  /** Where the style sheet cannot size a field by its content. */
  #fit(): void {
    if (CSS.supports('field-sizing', 'content')) return
    this.#text.style.height = 'auto'
    this.#text.style.height = `${this.#text.scrollHeight}px`
  }
}
