/** What the server of this page says. */
export interface PageConfig {
  gatewayUrl: string
  /** Absent where there is no console to be linked to. */
  consoleUrl?: string
}

/** Asks the server of this page where things are. */
export async function fetchConfig(): Promise<PageConfig> {
  const response = await fetch('config.json')
  return (await response.json()) as PageConfig
}
