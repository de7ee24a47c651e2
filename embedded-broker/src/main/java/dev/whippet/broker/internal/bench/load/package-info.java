/** Actors that load a server, and the runs made of them. */
package dev.whippet.broker.internal.bench.load;
