// Sending to one client (hot path): every frame, errors too, goes by one bound of what it has not read.
import { SUBSCRIBER_BUFFER_BYTES_MAX } from '../../core/port-limits.ts';
import type { ServerSocket } from '../../ports/web-server.ts';
import { CLOSE_TOO_SLOW } from './protocol.ts';

/** Sends a frame, or closes the socket of a client with too many bytes in its buffer. False if it was closed. */
export function sendBounded(socket: ServerSocket, frame: Uint8Array): boolean {
  if (socket.bufferedBytes + frame.byteLength > SUBSCRIBER_BUFFER_BYTES_MAX) {
    closeSlow(socket);
    return false;
  }
  socket.send(frame);
  return true;
}

export function closeSlow(socket: ServerSocket): void {
  socket.close(CLOSE_TOO_SLOW, 'too slow: reconnect and resume after the last id received');
}
