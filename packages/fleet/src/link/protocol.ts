/** Where a control plane takes links. */
export const DEFAULT_PATH = '/internal/fleet'
/** The sub-protocol of links; another version has another name. */
export const LINK_PROTOCOL = 'portcullis-fleet.v1'
/** In which a gateway says which one it is. */
export const GATEWAY_HEADER = 'x-portcullis-gateway'
