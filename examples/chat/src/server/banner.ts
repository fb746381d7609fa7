import { row, type Style } from '@portcullis/example-page/server'

export interface BannerFacts {
  pageUrl: string
  gatewayUrl: string
  controlPlaneUrl: string
  /** URL of NATS; undefined with the embedded engine. */
  natsUrl: string | undefined
  /** Whether nobody operates the control plane yet; undefined when it does not say. */
  isSetupNeeded: boolean | undefined
}

/** What a newcomer reads once everything runs. */
export const banner =
  ({ pageUrl, gatewayUrl, controlPlaneUrl, natsUrl, isSetupNeeded }: BannerFacts) =>
  (style: Style): string => {
    const { bold, dim, cyan } = style
    const engine =
      natsUrl === undefined ? 'embedded engine, worker in process' : 'on NATS, worker in its own process'
    // The command finds a gateway in the usual place by itself.
    const where = gatewayUrl === 'ws://localhost:4000/ws' ? '' : `GATEWAY_URL=${gatewayUrl} `
    return [
      '',
      `  ${bold('Portcullis is up.')}`,
      '',
      row(style, 'Chat', pageUrl, 'open it in two tabs'),
      row(style, 'Gateway', gatewayUrl, engine),
      row(style, 'Console', controlPlaneUrl, 'who is connected, live, and who may connect'),
      '',
      `  ${bold('Next:')} open the chat, then say something from another terminal:`,
      '',
      `    ${cyan(`${where}node examples/chat/dist/say.js "hello from the terminal"`)}`,
      '',
      `  ${isSetupNeeded === true ? SET_UP : SIGN_IN}`,
      '',
      `  ${dim('Ctrl-C stops everything.')}`,
      '',
    ].join('\n')
  }

const SET_UP =
  'Then open the set-up link, which the control plane has printed above, and see your own session.'
const SIGN_IN = 'Then see your own session in the console.'
