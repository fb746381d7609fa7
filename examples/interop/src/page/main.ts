import { fetchConfig, reloadFromCache } from '@portcullis/example-page/page'
import { openDesk } from './open-desk.ts'
import { choosePlace } from './places.ts'
import { showSignIn, userOf } from './sign-in.ts'

const user = userOf(location.search)
if (user === undefined) showSignIn()
else {
  const place = choosePlace(new URLSearchParams(location.search).get('desk'))
  // A reload is the same desk again.
  history.replaceState(null, '', `?${String(new URLSearchParams({ user, desk: place.city }))}`)
  const { gatewayUrl } = await fetchConfig()
  await openDesk(gatewayUrl, user, place)
}
reloadFromCache()
