/** One HTTP request and its answer, apart from sockets and from what is asked for. */
package dev.whippet.broker.internal.http.exchange;
