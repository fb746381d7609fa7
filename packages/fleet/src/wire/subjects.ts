/** What a gateway or a control plane can be called: one token of a subject. */
export const FLEET_ID: RegExp = /^[A-Za-z0-9_-]{1,64}$/

/** Control planes to gateways: changes of the registry, and how far they have come. */
export const CHANGES_SUBJECT = 'fleet.changes'
/** Control planes to gateways: tell everything anew. */
export const HELLO_SUBJECT = 'fleet.hello'

/** One gateway to control planes. `*` for all gateways. */
export function reportSubject(gatewayId: string): string {
  return `fleet.report.${gatewayId}`
}

/** Control planes to one gateway. */
export function askSubject(gatewayId: string): string {
  return `fleet.ask.${gatewayId}`
}

/** Gateways to the control plane that asked. */
export function answerSubject(controlPlaneId: string): string {
  return `fleet.answer.${controlPlaneId}`
}

/** @throws TypeError naming the option */
export function fleetId(name: string, value: unknown): string {
  if (typeof value !== 'string' || !FLEET_ID.test(value)) {
    throw new TypeError(`"${name}" option must match ${FLEET_ID.source}`)
  }
  return value
}
