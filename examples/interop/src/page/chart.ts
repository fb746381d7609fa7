/** Size of a drawing, in its own units. */
export interface Box {
  width: number
  height: number
}

const MARGIN = 4

/** The path of a line through the prices, from the left to the right edge; empty for less than two. */
export function linePath(prices: readonly number[], { width, height }: Box): string {
  if (prices.length < 2) return ''
  const low = Math.min(...prices)
  // A price that does not move is a line in the middle.
  const range = Math.max(...prices) - low
  const points = prices.map((price, index) => {
    const x = (index / (prices.length - 1)) * width
    const share = range === 0 ? 0.5 : (price - low) / range
    return `${x.toFixed(1)} ${(height - MARGIN - share * (height - 2 * MARGIN)).toFixed(1)}`
  })
  return `M${points.join('L')}`
}

/** The same line with everything below it. */
export function areaPath(prices: readonly number[], box: Box): string {
  const line = linePath(prices, box)
  return line === '' ? '' : `${line}L${box.width} ${box.height}L0 ${box.height}Z`
}

/** By how much the last price differs from the first, such as `+1.25 %`. */
export function change(prices: readonly number[]): { text: string; isUp: boolean } | undefined {
  const [first, last] = [prices[0], prices.at(-1)]
  if (first === undefined || last === undefined || prices.length < 2) return undefined
  const percent = ((last - first) / first) * 100
  return { text: `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(2)} %`, isUp: percent >= 0 }
}
