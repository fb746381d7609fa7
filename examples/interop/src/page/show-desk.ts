import { byId, paintAvatar } from '@portcullis/example-page/page'
import { type Place, timeIn } from './places.ts'

const CLOCK_MS = 1000

/** Shows whose window this is, where it stands, and what time it is there. */
export function showDesk(user: string, place: Place): void {
  byId('desk', HTMLElement).hidden = false
  document.title = `${place.city} · Portcullis desk`
  byId('city', HTMLElement).textContent = place.city
  byId('user-name', HTMLElement).textContent = user
  paintAvatar(byId('user-avatar', HTMLElement), user)
  const clock = byId('clock', HTMLElement)
  const tick = (): void => {
    const time = timeIn(place, new Date())
    if (clock.textContent !== time) clock.textContent = time
  }
  tick()
  setInterval(tick, CLOCK_MS)
}
