import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { isFactorable } from '../../src/internal/roca.ts'

test('a modulus whose factors are powers of 65537 modulo small primes is found', () => {
  // The product of the first 39 primes, as the generator used it: k * M + 65537^a.
  const primes = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
  ]
  const product = primes.reduce((all, prime) => all * BigInt(prime), 1n)
  const factor = (k: bigint, a: bigint): bigint => k * product + (65_537n ** a % product)
  const modulus = factor(1n << 800n, 11n) * factor((1n << 799n) + 5n, 23n)
  expect(isFactorable(base64url(modulus))).toBe(true)
  expect(isFactorable(base64url(modulus + 2n))).toBe(false)
})

test('the modulus of a proper key is not', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  expect(isFactorable(publicKey.export({ format: 'jwk' }).n as string)).toBe(false)
})

function base64url(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}
