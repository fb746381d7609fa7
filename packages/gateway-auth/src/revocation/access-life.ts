/** How long after its issue an access token may still be accepted, with a margin for clocks, milliseconds. */
export function accessLifeMs(accessTtlSeconds: number, clockToleranceSeconds: number): number {
  return (accessTtlSeconds + clockToleranceSeconds + 60) * 1000
}
