/** Where a desk stands. Every window is one desk. */
export interface Place {
  city: string
  /** IANA name. */
  zone: string
}

export const PLACES: readonly Place[] = [
  { city: 'London', zone: 'Europe/London' },
  { city: 'New York', zone: 'America/New_York' },
  { city: 'Tokyo', zone: 'Asia/Tokyo' },
  { city: 'Sofia', zone: 'Europe/Sofia' },
  { city: 'Nairobi', zone: 'Africa/Nairobi' },
  { city: 'São Paulo', zone: 'America/Sao_Paulo' },
  { city: 'Mumbai', zone: 'Asia/Kolkata' },
  { city: 'Sydney', zone: 'Australia/Sydney' },
]

/** The place of that name, or one of the others at random, so that windows seldom share one. */
export function choosePlace(city: string | null, random: () => number = Math.random): Place {
  const [first = { city: 'London', zone: 'Europe/London' }] = PLACES
  return PLACES.find((place) => place.city === city) ?? PLACES[Math.floor(random() * PLACES.length)] ?? first
}

/** The first place where no desk stands yet, and any when all are taken. */
export function freePlace(taken: ReadonlySet<string>): Place {
  return PLACES.find(({ city }) => !taken.has(city)) ?? choosePlace(null)
}

/** What the clock on the wall says there, such as `09:41`. */
export function timeIn({ zone }: Place, at: Date): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(at)
}
