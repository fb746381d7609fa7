import { createWorker, type Worker, type WorkerModuleContext } from '@portcullis/worker'
import { createRoomHandlers } from './chat/handlers.ts'

/** The worker module of the example: loaded by a gateway in process, or by `portcullis-worker`. */
export default ({ transport }: WorkerModuleContext): Worker =>
  createWorker({ transport, workspaceId: 'demo', projectId: 'chat' }).actor('room', createRoomHandlers())
