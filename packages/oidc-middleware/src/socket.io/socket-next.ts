/** Ends or continues a handshake. Stands alone so that the types of `/ioserver` do without those of Socket.IO. */
export type SocketNext = (error?: Error) => void
