/** Where the server of this page says that its gateway is. */
export async function fetchGatewayUrl(): Promise<string> {
  const response = await fetch('config.json')
  const { gatewayUrl } = (await response.json()) as { gatewayUrl: string }
  return gatewayUrl
}
