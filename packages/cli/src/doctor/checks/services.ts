import { CliError } from '../../errors.ts'
import { ask } from '../../http/ask.ts'
import { lengthInWords } from '../../output/time-in-words.ts'
import { clockSkew } from '../clock-skew.ts'
import type { Check, Examination, Finding } from '../finding.ts'

/** Tokens are refused from this difference on, milliseconds: what verifiers tolerate. */
const TOLERATED_MS = 5000
const NOTICEABLE_MS = 1000

/** Whether the control plane and the gateway are ready, and whether their clocks are right. */
export const services: Check = {
  isOnline: true,
  async look(examination) {
    const { controlPlaneUrl, gatewayUrl } = examination
    return (
      await Promise.all([
        lookAt('control-plane', 'the control plane', controlPlaneUrl, examination),
        lookAt('gateway', 'the gateway', gatewayUrl, examination),
      ])
    ).flat()
  },
}

async function lookAt(
  check: string,
  who: string,
  base: URL,
  { invocation, timeoutMs }: Examination,
): Promise<Finding[]> {
  const sentAtMs = invocation.now()
  try {
    const answer = await ask(invocation, { url: new URL('health/ready', base), timeoutMs })
    const clock = clockFinding(check, who, clockSkew(answer.headers.get('date'), sentAtMs, invocation.now()))
    if (answer.status === 200)
      return [{ check, status: 'ok', detail: `${who} at ${base.href} is ready` }, ...clock]
    const detail =
      answer.status === 503
        ? `${who} at ${base.href} is not ready`
        : `${who} at ${base.href} answered ${answer.status}`
    const hint = answer.status === 503 ? 'its log says what it waits for' : 'is that its URL?'
    return [{ check, status: 'failed', detail, hint }, ...clock]
  } catch (error) {
    if (!CliError.is(error)) throw error
    return [
      {
        check,
        status: 'failed',
        detail: `${who}: ${error.message}`,
        hint: 'is it running? --offline leaves it out',
      },
    ]
  }
}

function clockFinding(check: string, who: string, skew: ReturnType<typeof clockSkew>): Finding[] {
  if (skew === null) return []
  const { aheadMs } = skew
  const size = Math.abs(aheadMs)
  const name = `clock:${check}`
  if (size < NOTICEABLE_MS)
    return [{ check: name, status: 'ok', detail: `the clocks of ${who} and this machine agree` }]
  const detail = `the clock of ${who} is ${lengthInWords(aheadMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine’s`
  const status = size > TOLERATED_MS ? 'failed' : 'warning'
  return [
    { check: name, status, detail, hint: 'set the clocks by NTP: tokens are refused beyond a few seconds' },
  ]
}
