/** What is traded here. All of it is made up. */
export interface Instrument {
  readonly id: string
  readonly name: string
  /** Where its price begins. */
  readonly opening: number
}

export const INSTRUMENTS: readonly [Instrument, ...Instrument[]] = [
  { id: 'ALF', name: 'Alder & Finch', opening: 128.4 },
  { id: 'BKS', name: 'Blue Kestrel', opening: 42.15 },
  { id: 'CPL', name: 'Copper Lake', opening: 310.7 },
  { id: 'GRM', name: 'Granite Mills', opening: 76.9 },
  { id: 'NWH', name: 'Northwind Harbour', opening: 215.3 },
  { id: 'SLE', name: 'Solstice Energy', opening: 18.62 },
]

export function instrumentWith(id: string): Instrument | undefined {
  return INSTRUMENTS.find((instrument) => instrument.id === id)
}
