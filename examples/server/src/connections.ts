import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Keeps room for whoever has something to say: of the sockets that wait (with no request yet, half a one, or between two), so many may be open; one more, and that which has waited longest is closed. Without this, slow clients
 * take all the places and keep them.
 */
export function closeWhoWaitsLongest(server: Server, most: number): void {
  /** In the order in which they began to wait. */
  const waiting = new Set<Socket>();
  const wait = (socket: Socket) => {
    if (socket.destroyed) return;
    waiting.add(socket);
    if (waiting.size <= most) return;
    const [longest] = waiting;
    longest!.destroy();
    waiting.delete(longest!);
  };
  server.on("connection", (socket) => {
    wait(socket);
    socket.once("close", () => waiting.delete(socket));
  });
  server.on("request", ({ socket }, response) => {
    waiting.delete(socket);
    response.once("close", () => wait(socket));
  });
}
