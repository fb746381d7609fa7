import { byId } from '@portcullis/example-page/page'

const LAST_USER = 'portcullis-desk-user'

/** Who the page is for: as its address says, so that another window of the same user is a link. */
export function userOf(search: string): string | undefined {
  const user = new URLSearchParams(search).get('user')?.trim()
  return user === '' ? undefined : user?.slice(0, 32)
}

/** Asks for a name, and opens the page for it. */
export function showSignIn(): void {
  const input = byId('user', HTMLInputElement)
  input.value = localStorage.getItem(LAST_USER) ?? input.value
  byId('sign-in', HTMLElement).hidden = false
  input.select()
  byId('sign-in-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    const user = input.value.trim()
    if (user === '') return
    localStorage.setItem(LAST_USER, user)
    location.search = String(new URLSearchParams({ user }))
  })
}
