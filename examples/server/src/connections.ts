import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Keeps room for everybody: of the sockets on which nobody is served who has a token (silent ones, half requests, answers that are not read) so many may be open; one more, and the one that has been so the longest is
 * closed. Without this, slow clients take all the places and keep them. A plain limit of connections would shut out whoever comes last.
 *
 * @param known whether a request is of somebody who has a token
 */
export function closeStrangersFirst(
  server: Server,
  most: number,
  known: (request: IncomingMessage) => boolean,
): void {
  /** In the order in which they came, or were last served. */
  const strangers = new Set<Socket>();
  const add = (socket: Socket) => {
    if (socket.destroyed) return;
    strangers.add(socket);
    if (strangers.size <= most) return;
    const [longest] = strangers;
    longest!.resetAndDestroy(); // what it has not read is forgotten, too
    strangers.delete(longest!);
  };
  server.on("connection", (socket) => {
    add(socket);
    socket.once("close", () => strangers.delete(socket));
  });
  server.on("request", (request, response) => {
    const { socket } = request;
    if (!known(request)) return;
    strangers.delete(socket);
    response.once("close", () => add(socket));
  });
}
