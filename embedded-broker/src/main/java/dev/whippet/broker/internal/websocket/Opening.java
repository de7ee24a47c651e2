package dev.whippet.broker.internal.websocket;

import dev.whippet.internal.websocket.DeflateParameters;

/**
 * What a client asked for and got when it opened its WebSocket.
 *
 * @param path the request's target: path and query as they came; any is fine
 * @param subProtocol that was selected, or {@code null}
 * @param deflate how messages may be compressed, or {@code null} when they may not
 */
public record Opening(String path, String subProtocol, DeflateParameters deflate) {}
