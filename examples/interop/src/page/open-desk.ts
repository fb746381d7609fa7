import type { IOConnectCore } from '@interopio/core'
import { byId } from '@portcullis/example-page/page'
import { ActivityView } from './activity-view.ts'
import { APPLICATION, connect, deskOf } from './connect.ts'
import { DeskCalls, reasonOf } from './desk-calls.ts'
import type { DeskState } from './desk-state.ts'
import { DesksView } from './desks-view.ts'
import { FeedSwitch } from './feed-switch.ts'
import { FocusView } from './focus-view.ts'
import { INSTRUMENTS, instrumentWith } from './instruments.ts'
import { InstrumentsView } from './instruments-view.ts'
import { freePlace, type Place } from './places.ts'
import { PriceFeed } from './price-feed.ts'
import { PriceFollower } from './price-follower.ts'
import { PriceHistory } from './price-history.ts'
import { SharedDesk } from './shared-desk.ts'
import { showDesk } from './show-desk.ts'
import { StatusView } from './status-view.ts'

/** Opens the desk of a user: logs in, shares the context, offers the methods and follows the prices. */
export async function openDesk(gatewayUrl: string, user: string, place: Place): Promise<void> {
  const { city } = place
  const status = new StatusView()
  const activity = new ActivityView(place)
  showDesk(user, place)
  status.show('connecting')
  let io: IOConnectCore.API
  try {
    io = await connect(gatewayUrl, user, place)
  } catch (error) {
    status.show('refused')
    status.notify(`The gateway does not let you in: ${reasonOf(error)}`)
    return
  }

  const tell = (text: string): void => {
    status.notify(text)
    activity.add(text)
  }
  const failed =
    (what: string) =>
    (error: unknown): void =>
      tell(`${what}: ${reasonOf(error)}`)

  const shared = new SharedDesk(io, city)
  const instruments = new InstrumentsView((id) => {
    shared.focus(id).catch(failed('The other windows were not told'))
  })
  const focus = new FocusView(INSTRUMENTS[0], (id, text) => {
    shared.write(id, text).catch(failed('The note was not written'))
  })

  const history = new PriceHistory()
  const feed = new FeedSwitch(new PriceFeed(io, history), city, failed('No prices from here'))
  const showPrices = (): void => {
    instruments.render(history)
    focus.showPrices(history)
  }
  void new PriceFollower(io, history, (source) => {
    feed.showSource(source)
    showPrices()
  })

  const calls = new DeskCalls(io)
  const desks = new DesksView({
    onRaiseHand(target) {
      const seen = (by: string[]): void => activity.add(`You raised your hand, seen in ${by.join(', ')}`)
      calls.raiseHand(target).then(seen, failed('Nobody saw your hand'))
    },
    onAskTime(desk) {
      const answer = (time: string): void => {
        desks.showAnswer(desk.peerId ?? '', `${time} there`)
        activity.add(`It is ${time} in ${deskOf(desk)}`)
      }
      calls.askTime(desk).then(answer, failed(`No answer from ${deskOf(desk)}`))
    },
  })

  watchDesks(io, desks, activity, (taken) => {
    const { city: next } = freePlace(new Set([city, ...taken]))
    byId('another', HTMLAnchorElement).href = `./?${String(new URLSearchParams({ user, desk: next }))}`
  })
  // Told now, and after every reconnect.
  io.connection.connected(() => status.show('connected'))
  io.connection.disconnected(() => status.show('reconnecting'))
  // Others learn at once, and not when the gateway has noticed.
  addEventListener('pagehide', () => void io.done())

  let inFocus = ''
  const showState = (state: DeskState): void => {
    const instrument = instrumentWith(state.focus?.id ?? '') ?? INSTRUMENTS[0]
    if (state.focus !== undefined && state.focus.by !== city && instrument.id !== inFocus) {
      activity.add(`${state.focus.by} looks at ${instrument.name}`)
    }
    inFocus = instrument.id
    instruments.choose(instrument.id)
    focus.showState(instrument, state, city)
    showPrices()
  }
  showState(shared.state)
  await calls.offer(place, (desk, peerId) => {
    tell(`${desk} raises a hand`)
    desks.showHand(peerId)
  })
  await shared.watch(showState)
}

/** Shows which other windows there are, and tells which desks are taken. */
function watchDesks(
  io: IOConnectCore.API,
  view: DesksView,
  activity: ActivityView,
  onTaken: (desks: string[]) => void,
): void {
  const isOther = ({ application, peerId }: IOConnectCore.Interop.Instance): boolean =>
    application === APPLICATION && peerId !== io.interop.instance.peerId
  const show = (): void => {
    const others = io.interop.servers().filter(isOther)
    view.render(others)
    onTaken(others.map(deskOf))
  }
  io.interop.serverAdded((server) => {
    if (isOther(server)) activity.add(`${deskOf(server)} came`)
    show()
  })
  io.interop.serverRemoved((server) => {
    if (isOther(server)) activity.add(`${deskOf(server)} left`)
    show()
  })
  io.connection.connected(show)
  show()
}
