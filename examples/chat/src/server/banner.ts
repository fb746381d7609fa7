export interface BannerFacts {
  pageUrl: string
  gatewayUrl: string
  controlPlaneUrl: string
  /** URL of NATS; undefined with the embedded engine. */
  natsUrl?: string | undefined
  /** Whether to use colours. */
  colours: boolean
}

/** What a newcomer reads once everything runs. */
export function banner({ pageUrl, gatewayUrl, controlPlaneUrl, natsUrl, colours }: BannerFacts): string {
  const style =
    (code: number) =>
    (text: string): string =>
      colours ? `\u001B[${code}m${text}\u001B[0m` : text
  const [bold, dim, cyan] = [style(1), style(2), style(36)]
  const engine =
    natsUrl === undefined ? 'embedded engine, worker in process' : 'on NATS, worker in its own process'
  const row = (what: string, where: string, note: string): string =>
    `    ${what.padEnd(15)}${cyan(where.padEnd(28))}${dim(note)}`
  // The command finds a gateway in the usual place by itself.
  const where = gatewayUrl === 'ws://localhost:4000/ws' ? '' : `GATEWAY_URL=${gatewayUrl} `
  return [
    '',
    `  ${bold('Portcullis is up.')}`,
    '',
    row('Chat', pageUrl, 'open it in two tabs'),
    row('Gateway', gatewayUrl, engine),
    row('Control plane', controlPlaneUrl, 'decides who may connect'),
    '',
    `  ${bold('Next:')} open the chat, then say something from another terminal:`,
    '',
    `    ${cyan(`${where}node examples/chat/dist/say.js "hello from the terminal"`)}`,
    '',
    `  ${dim('Ctrl-C stops everything.')}`,
    '',
  ].join('\n')
}
