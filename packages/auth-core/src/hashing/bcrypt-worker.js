// Runs in a worker thread. Plain JavaScript, because worker threads of Node 20 read no TypeScript.
import { compareSync, hashSync } from 'bcryptjs'

/**
 * @param {null | { secret: string, cost: number } | { secret: string, hash: string }} task - null does nothing
 * @returns {string | boolean | null} the hash, or whether the secret has that hash
 */
export default function run(task) {
  if (task === null) return null
  return 'hash' in task ? compareSync(task.secret, task.hash) : hashSync(task.secret, task.cost)
}
