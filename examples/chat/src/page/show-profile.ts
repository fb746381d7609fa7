import { byId, paintAvatar } from '@portcullis/example-page/page'
import { saveName, type Identity } from './identity.ts'

/** Shows one's own name, to be changed in place. */
export function showProfile(identity: Identity, onRename: () => void): void {
  const form = byId('profile', HTMLFormElement)
  const input = byId('my-name', HTMLInputElement)
  const avatar = byId('my-avatar', HTMLElement)

  function render(): void {
    input.value = identity.name
    paintAvatar(avatar, identity.name)
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    input.blur()
  })
  input.addEventListener('change', () => {
    const name = input.value.replaceAll(/\s+/g, ' ').trim()
    if (name !== '') {
      identity.name = name
      saveName(name)
      onRename()
    }
    render()
  })
  saveName(identity.name)
  render()
}
