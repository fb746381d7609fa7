const SVG = 'http://www.w3.org/2000/svg'

export const CLOCK = 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M12 7.5V12l3 2'
export const HAND = 'M7 13V7M10.4 11V4.5M13.7 11V4.5M17 12V6.5M7 13v2a5 5 0 0 0 10 0v-3M7 15l-2.8-3'

/** A drawing of one path, on 24 by 24. It says nothing to a screen reader. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const line = document.createElementNS(SVG, 'path')
  line.setAttribute('d', path)
  svg.append(line)
  return svg
}
