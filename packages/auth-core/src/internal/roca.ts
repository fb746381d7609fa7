const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
]

/**
 * Whether an RSA modulus was made by the library whose keys can be factored: both its primes, and so their product, are
 * powers of 65537 modulo every small prime. By chance that is so for less than one modulus in 10^8.
 *
 * @param modulus - as in a JWK, base64url
 * @see CVE-2017-15361
 */
export function isFactorable(modulus: string): boolean {
  const n = BigInt(`0x${Buffer.from(modulus, 'base64url').toString('hex')}`)
  return PRIMES.every((prime) => isPowerOf65537(Number(n % BigInt(prime)), prime))
}

function isPowerOf65537(residue: number, prime: number): boolean {
  let power = 1
  do {
    if (power === residue) return true
    power = (power * 65_537) % prime
  } while (power !== 1)
  return false
}
