/**
 * Two programs for an outside judge of WebSocket, made of the product's own parts: a server and a
 * client that answer every message with the same message.
 */
package dev.whippet.conformance.echo;
