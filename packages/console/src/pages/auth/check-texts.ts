import type { TokenCheck } from '../api/project-access.ts'

interface CheckText {
  readonly title: string
  /** What to do when it fails. */
  readonly advice: string
}

const TEXTS: Readonly<Record<string, CheckText>> = {
  host: {
    title: 'The host leads to this project',
    advice: 'Add the host to the project, or test with one that it has.',
  },
  configuration: {
    title: 'The project can check tokens',
    advice: 'Save what is set above again, with what is missing.',
  },
  form: { title: 'It is a token', advice: 'Paste all of it: three parts with dots between them.' },
  algorithm: {
    title: 'Its kind of signature is accepted',
    advice: 'Sign with an accepted kind, or accept the one you use.',
  },
  key: {
    title: 'Its key is known',
    advice: 'Publish the key that signed it, and look whether the address of the keys is right.',
  },
  signature: {
    title: 'Its signature is right',
    advice: 'It was signed with another secret or key, or changed on the way. Compare the two secrets.',
  },
  issuer: {
    title: 'It comes from the issuer',
    advice: 'Compare the two letter by letter, a slash at the end included.',
  },
  audience: {
    title: 'It is meant for this project',
    advice: 'Have your provider put your audience into aud, or name the one that stands there.',
  },
  exp: {
    title: 'It has not expired',
    advice: 'Take a fresh one. If it is fresh, compare the clocks of the two machines.',
  },
  nbf: { title: 'It is good already', advice: 'Compare the clocks of the two machines.' },
  iat: { title: 'It was issued in the past', advice: 'Compare the clocks of the two machines.' },
  kind: {
    title: 'It is an access token',
    advice: 'Send the access token and not the ID token, or name the address of the keys.',
  },
  namespace: { title: 'Its namespace may enter', advice: 'Add the namespace of the client to the project.' },
  subject: { title: 'It names a user', advice: 'Put sub into it: it becomes the user of the session.' },
  blocked: {
    title: 'Its user is not blocked',
    advice: 'Unblock the user under Blocked users, unless that is meant.',
  },
}

/** A check in plain words; one that is not known is called what the server calls it. */
export function checkText({ check }: Pick<TokenCheck, 'check'>): CheckText {
  return (Object.hasOwn(TEXTS, check) ? TEXTS[check] : undefined) ?? { title: check, advice: '' }
}
