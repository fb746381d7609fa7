import { row, type Style } from '@portcullis/example-page/server'

export interface BannerFacts {
  pageUrl: string
  gatewayUrl: string
}

/** What a newcomer reads once the gateway runs. Stands below what the chat says, and looks like it. */
export const banner =
  ({ pageUrl, gatewayUrl }: BannerFacts) =>
  (style: Style): string =>
    [
      '',
      row(style, 'Desk', pageUrl, 'open it in two windows'),
      row(style, 'Interop', gatewayUrl, 'for io.Connect clients, any login in development'),
      '',
    ].join('\n')
