/** The types of custom authenticators, for a module that holds nothing else. */
export type {
  Authentication,
  AuthenticationContinue,
  AuthenticationFailure,
  AuthenticationRequest,
  AuthenticationResponse,
  AuthenticationSuccess,
  Authenticator,
} from '@portcullis/auth-core'
