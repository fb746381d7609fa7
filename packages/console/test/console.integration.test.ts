import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { openWorld, makeShop, type World } from './fixtures/world.ts'
import { changes } from './flows/changes.ts'
import { hostileNames } from './flows/hostile-names.ts'
import { setUp } from './flows/set-up.ts'
import { thePages } from './flows/the-pages.ts'
import { whatGoesOn } from './flows/what-goes-on.ts'
import { whoSeesWhat } from './flows/who-sees-what.ts'

let opened: World | undefined

// The tests are registered before there is one.
const world = new Proxy({} as World, {
  get: (_target, name) => {
    if (opened === undefined) throw new Error('the world is not open yet')
    return opened[name as keyof World]
  },
})

beforeAll(async () => {
  opened = await openWorld()
})
afterEach(async () => {
  await world.leave()
  // Violations of the content security policy are among them.
  expect(world.browser.takeComplaints()).toEqual([])
})
afterAll(() => opened?.[Symbol.asyncDispose]())

setUp(world)

describe('in a workspace with a shop', () => {
  beforeAll(() => makeShop(world))
  whatGoesOn(world)
  changes(world)
  whoSeesWhat(world)
  hostileNames(world)
  thePages(world)
})
