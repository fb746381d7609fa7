import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as embedded from '../src/embedded/index.ts'
import * as root from '../src/index.ts'
import * as nats from '../src/nats/index.ts'
import * as testing from '../src/testing/index.ts'

test('every entry point exports what it promises and nothing else', () => {
  expect(Object.keys(root).toSorted()).toEqual([
    'MAX_NAME_BYTES',
    'MAX_SUBJECT_BYTES',
    'TRANSPORT_ERRORS',
    'TransportError',
    'deadLetterSubject',
    'decodeDeadLetter',
    'decodeInboundEnvelope',
    'decodeToken',
    'encodeDeadLetter',
    'encodeInboundEnvelope',
    'encodeNotice',
    'encodeOutboundEnvelope',
    'encodeToken',
    'gatewayOutboundFilter',
    'inboundConsumerName',
    'inboundFilter',
    'inboundPrefix',
    'inboundSubject',
    'noticeSessionId',
    'outboundPrefix',
    'outboundSubject',
    'sessionSubject',
    'sliceOutboundMessage',
    'spliceInboundEnvelope',
    'spliceOutboundEnvelope',
  ])
  expect(Object.keys(embedded).toSorted()).toEqual(['EmbeddedBroker', 'createEmbeddedTransport'])
  expect(Object.keys(nats).toSorted()).toEqual([
    'DEAD_LETTER_STREAM',
    'INBOUND_STREAM',
    'OUTBOUND_STREAM',
    'createNatsEvents',
    'createNatsTransport',
    'natsConnectionOptions',
  ])
  expect(Object.keys(testing).toSorted()).toEqual(['transportContract'])
})

test('the streams have the names of the contract', () => {
  expect([nats.INBOUND_STREAM, nats.OUTBOUND_STREAM, nats.DEAD_LETTER_STREAM]).toEqual([
    'INBOUND',
    'OUTBOUND',
    'DLQ',
  ])
})

/** Every module that a file loads, directly or not; packages by their names. */
async function reach(file: URL, seen: Set<string> = new Set()): Promise<Set<string>> {
  if (seen.has(file.href)) return seen
  seen.add(file.href)
  const source = await readFile(file, 'utf8')
  for (const [, specifier = ''] of source.matchAll(/^(?:import|export)(?! type)[^'"]*?from '([^']+)'/gm)) {
    if (specifier.startsWith('.')) await reach(new URL(specifier, file), seen)
    else seen.add(specifier)
  }
  return seen
}

test.each(['index.ts', 'embedded/index.ts'])('%s loads no NATS', async (entry) => {
  const reached = [...(await reach(new URL(`../src/${entry}`, import.meta.url)))]
  expect(reached.length).toBeGreaterThan(5)
  expect(reached.filter((specifier) => specifier.includes('nats'))).toEqual([])
})
