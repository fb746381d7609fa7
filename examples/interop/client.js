import createIo from '@interopio/core'

const auth = { username: 'ann', password: 'any' }
const gateway = { ws: 'ws://localhost:4000/gw' }
const io = await createIo({ application: 'Shell', auth, gateway, insights: false })
await io.contexts.update('desk', { focus: { id: 'CPL', by: 'a terminal' } })
console.log('Now in all windows of ann:', await io.contexts.get('desk'))
await io.done()
