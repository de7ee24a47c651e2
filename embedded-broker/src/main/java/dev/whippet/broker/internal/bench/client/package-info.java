/** The load side's wire: prepared requests over blocking sockets, replies read without decoding. */
package dev.whippet.broker.internal.bench.client;
